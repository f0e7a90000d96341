// Package archtest holds the rules of the house's layout and the reader that
// checks them; its test reads the repository's own files, so a rule broken is
// a failing `go test`, not a remark in a review. It knows nothing of what the
// packages do. docs/architecture.md says why the rules are what they are.
package archtest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Module is the import path of the repository's root package.
const Module = "github.com/secantdev/secant"

// File is what the rules need to know of one hand-written source file.
type File struct {
	Path    string   // slash-separated, relative to the root
	Lines   int      // lines of text
	Package string   // Go: the name in the package clause
	Doc     bool     // Go: carries the package comment
	Test    bool     // holds tests
	Imports []string // Go: import paths
	Inits   []int    // Go: lines of func init()
	Clients []int    // Go: lines that make or use an HTTP client
}

// Dir is the directory of f: "." for the root.
func (f *File) Dir() string { return path.Dir(f.Path) }

// IsGo reports whether f is Go source.
func (f *File) IsGo() bool { return strings.HasSuffix(f.Path, ".go") }

// notOurs are directories that hold nothing hand-written for the product.
var notOurs = []string{"node_modules", "dist", "bin", "release", "testdata", "secant-data"}

var generated = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

// Read returns the hand-written Go and TypeScript files below root, in order
// of their paths. It fails on the first file that cannot be read or parsed.
func Read(root string) ([]*File, error) {
	var files []*File
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			if os.IsNotExist(err) {
				return nil // removed while we were walking
			}
			return err
		}
		if d.IsDir() {
			if name != root && (strings.HasPrefix(d.Name(), ".") || slices.Contains(notOurs, d.Name())) {
				return fs.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		f, err := readFile(name, filepath.ToSlash(rel))
		if err != nil {
			return err
		}
		if f != nil {
			files = append(files, f)
		}
		return nil
	})
	return files, err
}

func readFile(name, rel string) (*File, error) {
	isGo := strings.HasSuffix(rel, ".go")
	isTS := strings.HasSuffix(rel, ".ts") || strings.HasSuffix(rel, ".tsx")
	if !isGo && (!isTS || strings.HasSuffix(rel, ".d.ts")) {
		return nil, nil
	}
	text, err := os.ReadFile(name)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read source: %w", err)
	}
	if generated.Match(text) {
		return nil, nil
	}
	f := &File{Path: rel, Lines: countLines(text)}
	if !isGo {
		f.Test = strings.Contains(path.Base(rel), ".test.")
		return f, nil
	}
	f.Test = strings.HasSuffix(rel, "_test.go")
	return f, f.parse(text)
}

func countLines(text []byte) int {
	n := bytes.Count(text, []byte{'\n'})
	if len(text) > 0 && text[len(text)-1] != '\n' {
		n++
	}
	return n
}

func (f *File) parse(text []byte) error {
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, f.Path, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("parse source: %w", err)
	}
	f.Package, f.Doc = tree.Name.Name, tree.Doc != nil
	httpName := ""
	for _, spec := range tree.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return fmt.Errorf("parse import: %w", err)
		}
		f.Imports = append(f.Imports, p)
		if p == "net/http" {
			httpName = "http"
			if spec.Name != nil {
				httpName = spec.Name.Name
			}
		}
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Recv == nil && n.Name.Name == "init" {
				f.Inits = append(f.Inits, fset.Position(n.Pos()).Line)
			}
		case *ast.SelectorExpr:
			pkg, ok := n.X.(*ast.Ident)
			if ok && httpName != "" && pkg.Name == httpName && slices.Contains(clientNames, n.Sel.Name) {
				f.Clients = append(f.Clients, fset.Position(n.Pos()).Line)
			}
		}
		return true
	})
	return nil
}

// clientNames are the names of net/http with which a request leaves.
var clientNames = []string{"Client", "DefaultClient", "DefaultTransport", "Transport", "Get", "Head", "Post", "PostForm"}
