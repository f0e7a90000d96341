package workspacefile

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// kind is what a value of the document is.
type kind int

const (
	null kind = iota
	text
	number
	boolean
	sequence
	mapping
	opaque // a stored secret of any shape, put in place of its reference
)

// String says it with its article, for errors.
func (k kind) String() string {
	return [...]string{"nothing", "text", "a number", "true or false", "a list", "a mapping", "a secret"}[k]
}

// node is a value of the document with its place.
type node struct {
	line, column int
	kind         kind
	text         string
	number       float64
	truth        bool
	items        []*node
	fields       []field
	any          any    // opaque
	source       string // a scalar as it is written
	referred     bool   // holds something that came from a reference
}

type field struct {
	key   string
	at    *node // place of the key
	value *node
}

// get returns the value of a key, nil when n has none.
func (n *node) get(key string) *node {
	for _, f := range n.fields {
		if f.key == key {
			return f.value
		}
	}
	return nil
}

// find returns the node that a path like "settings.urls[1]" leads to, or the
// last one on the way that exists. A key may itself hold dots.
func (n *node) find(path string) *node {
	for path != "" {
		var next *node
		var rest string
		for _, f := range n.fields {
			after, ok := strings.CutPrefix(path, f.key)
			if ok && (after == "" || after[0] == '.' || after[0] == '[') {
				next, rest = f.value, strings.TrimPrefix(after, ".")
				if len(f.value.fields) == 0 && len(f.value.items) == 0 && f.value.kind == null {
					next = f.at
				}
				break
			}
		}
		var i int
		if count, _ := fmt.Sscanf(path, "[%d]", &i); next == nil && count == 1 && i >= 0 && i < len(n.items) {
			_, rest, _ = strings.Cut(path, "]")
			next, rest = n.items[i], strings.TrimPrefix(rest, ".")
		}
		if next == nil {
			return n
		}
		n, path = next, rest
	}
	return n
}

// plain returns the value as decoding JSON would give it.
func (n *node) plain() any {
	switch n.kind {
	case text:
		return n.text
	case number:
		return n.number
	case boolean:
		return n.truth
	case sequence:
		list := make([]any, len(n.items))
		for i, item := range n.items {
			list[i] = item.plain()
		}
		return list
	case mapping:
		m := make(map[string]any, len(n.fields))
		for _, f := range n.fields {
			m[f.key] = f.value.plain()
		}
		return m
	case opaque:
		return n.any
	}
	return nil
}

// maxDepth is how deep values may lie in each other. The parser calls itself
// for each level, and running out of stack cannot be caught.
const maxDepth = 32

// parseYAML reads one document into nodes.
func parseYAML(data []byte) (_ *node, err error) {
	tokens, err := tokenize(data)
	if err != nil {
		return nil, err
	}
	defer func() {
		// The parser is made for well-meant documents; whatever it stumbles
		// over is the document's fault for its writer.
		if p := recover(); p != nil {
			err = problemAt(1, 1, "cannot be read as YAML; simplify it")
		}
	}()
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		return nil, syntaxProblem(err, data)
	}
	docs := file.Docs
	for len(docs) > 0 && docs[len(docs)-1].Body == nil {
		docs = docs[:len(docs)-1] // what follows a last "---"
	}
	switch {
	case len(docs) == 0:
		return &node{line: 1, column: 1}, nil
	case len(docs) > 1:
		return nil, problemAt(docs[1].Start.Position.Line, 1, "there must be one document only; remove the line with ---")
	}
	return convert(docs[0].Body, 0)
}

// byteOrderMark is what some editors begin a file with.
const byteOrderMark = "\uFEFF"

// tokenize cuts a document into tokens, once it is sure that neither this nor
// the parser can be made to fall over.
func tokenize(data []byte) (_ token.Tokens, err error) {
	data = bytes.TrimPrefix(data, []byte(byteOrderMark))
	switch {
	case len(data) > MaxSize:
		return nil, problemAt(1, 1, fmt.Sprintf("the document is larger than %d bytes", MaxSize))
	case !utf8.Valid(data):
		return nil, problemAt(1, 1, "the document is not UTF-8; save it as UTF-8")
	case bytes.IndexByte(data, 0) >= 0:
		return nil, problemAt(1, 1, "the document holds a zero byte; it is not text")
	}
	defer func() {
		if p := recover(); p != nil {
			err = problemAt(1, 1, "cannot be read as YAML; simplify it")
		}
	}()
	tokens := lexer.Tokenize(string(data))
	flow, line, entries := 0, 0, 0
	for _, t := range tokens {
		if t.Position.Line != line {
			line, entries = t.Position.Line, 0
		}
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow--
		case token.SequenceEntryType, token.MappingKeyType:
			entries++
		}
		if flow > maxDepth || entries > maxDepth {
			return nil, problemAt(t.Position.Line, t.Position.Column, fmt.Sprintf("values lie more than %d levels deep in each other", maxDepth))
		}
	}
	return tokens, nil
}

func problemAt(line, column int, message string) error {
	return Problems{{Line: max(line, 1), Column: max(column, 1), Message: message}}
}

// syntaxProblem takes the place out of the parser's error.
func syntaxProblem(err error, data []byte) error {
	var at yaml.Error
	if !errors.As(err, &at) || at.GetToken() == nil {
		return problemAt(1, 1, "is not valid YAML: "+err.Error())
	}
	p := at.GetToken().Position
	message := "is not valid YAML: " + at.GetMessage()
	lines := bytes.Split(data, []byte("\n"))
	if i := p.Line - 1; i >= 0 && i < len(lines) && bytes.Contains(lines[i], []byte("${")) {
		message += "; inside { } and [ ], put ${...} in quotes"
	}
	return problemAt(p.Line, p.Column, message)
}

// convert makes a node of a part of the parser's tree.
func convert(from ast.Node, depth int) (*node, error) {
	n := &node{line: 1, column: 1}
	if t := from.GetToken(); t != nil && t.Position != nil {
		n.line, n.column, n.source = t.Position.Line, t.Position.Column, t.Value
	}
	if depth > maxDepth {
		return nil, problemAt(n.line, n.column, fmt.Sprintf("values lie more than %d levels deep in each other", maxDepth))
	}
	switch v := from.(type) {
	case *ast.NullNode:
		n.kind = null
	case *ast.StringNode:
		n.kind, n.text = text, v.Value
	case *ast.LiteralNode:
		n.kind, n.text = text, v.Value.Value
	case *ast.BoolNode:
		n.kind, n.truth = boolean, v.Value
	case *ast.IntegerNode:
		n.kind = number
		switch i := v.Value.(type) {
		case int64:
			n.number = float64(i)
		case uint64:
			n.number = float64(i)
		default:
			return nil, problemAt(n.line, n.column, "is a number that is too large; put it in quotes if it is text")
		}
	case *ast.FloatNode:
		n.kind, n.number = number, v.Value
	case *ast.SequenceNode:
		n.kind = sequence
		for _, item := range v.Values {
			c, err := convert(item, depth+1)
			if err != nil {
				return nil, err
			}
			n.items = append(n.items, c)
		}
	case *ast.MappingNode:
		n.kind = mapping
		if len(v.Values) > 0 && !v.IsFlowStyle {
			n.place(v.Values[0].Key)
		}
		return n, n.addFields(v.Values, depth)
	case *ast.MappingValueNode:
		n.kind = mapping
		n.place(v.Key)
		return n, n.addFields([]*ast.MappingValueNode{v}, depth)
	case *ast.AnchorNode, *ast.AliasNode:
		return nil, problemAt(n.line, n.column, "anchors (&) and aliases (*) are not supported; write the value out, or put it in quotes if it is text")
	case *ast.TagNode:
		return nil, problemAt(n.line, n.column, "tags (!) are not supported; leave it out, or put the value in quotes if it is text")
	default:
		return nil, problemAt(n.line, n.column, "is not supported here ("+from.Type().String()+"); put it in quotes if it is text")
	}
	return n, nil
}

// place moves n to where its first key stands.
func (n *node) place(key ast.Node) {
	if t := key.GetToken(); t != nil && t.Position != nil {
		n.line, n.column = t.Position.Line, t.Position.Column
	}
}

func (n *node) addFields(values []*ast.MappingValueNode, depth int) error {
	for _, v := range values {
		at := &node{line: n.line, column: n.column}
		at.place(v.Key)
		key, ok := v.Key.(ast.ScalarNode)
		if !ok || key.Type() == ast.MergeKeyType {
			return problemAt(at.line, at.column, "is not supported as a key; use plain text")
		}
		name := key.GetToken().Value
		if n.get(name) != nil {
			return problemAt(at.line, at.column, fmt.Sprintf("the key %q is there twice", name))
		}
		value, err := convert(v.Value, depth+1)
		if err != nil {
			return err
		}
		if value.kind == null {
			value.line, value.column = at.line, at.column
		}
		n.fields = append(n.fields, field{name, at, value})
	}
	return nil
}
