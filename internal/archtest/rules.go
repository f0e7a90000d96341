package archtest

import (
	"fmt"
	"slices"
	"strings"
)

// A layer is a height in the house. Code imports downwards only.
type layer int

const (
	vocabulary layer = iota // the root package: nouns, standard library only
	leaf                    // small machinery under internal/, knows the vocabulary at most
	asset                   // embedded files and the line of Go that embeds them
	contract                // what implementations of one kind agree on
	adapter                 // one folder per implementation of a contract
	list                    // the one list of the implementations
	engine                  // what works on its own: engines never import each other
	wiring                  // app: the only place that knows every engine
	command                 // cmd/
	rig                     // tests and measurements from the outside
)

// layers says where each package stands: by its directory, or by "dir/*" for
// all directories below one. The longest entry wins. A new package is one line.
var layers = map[string]layer{
	".": vocabulary,

	"internal/*": leaf,

	"web":        asset,
	"examples/*": asset,

	"destination":                 contract,
	"destination/destinationtest": contract,
	"egress":                      contract,

	"destination/*":   adapter,
	"destination/all": list,

	"collect":       engine,
	"eventlog":      engine,
	"pipeline":      engine,
	"deliver":       engine,
	"live":          engine,
	"store":         engine,
	"workspacefile": engine,
	"api":           engine,

	"app":   wiring,
	"cmd/*": command,

	"internal/testkit":  rig,
	"internal/archtest": rig,
	"bench":             rig,
	"e2e":               rig,
}

// families are engines made of several packages; inside one, the imports are
// the family's own business.
var families = []string{"collect", "eventlog", "pipeline", "deliver", "live", "store", "workspacefile", "api"}

// exceptions are the imports between engines that the design allows, each with
// its reason. There are no others.
var exceptions = []struct{ from, to, reason string }{
	{"pipeline", "eventlog", "chunks are the contract between the log and those who read it"},
	{"deliver", "eventlog", "chunks are the contract between the log and those who read it"},
	{"live", "eventlog", "chunks are the contract between the log and those who read it"},
	{"store", "live", "plain row types of the debugger and the counters"},
	{"store", "deliver", "plain row types of cursors, parked deliveries and dead letters"},
	{"api", "live", "the debugger and the counters are resources"},
	{"api", "deliver", "a destination's status and test are resources"},
	{"api", "store", "row types of people, tokens and the audit trail"},
	{"api", "workspacefile", "the workspace file is a resource: plan, apply, export"},
}

// homes are outside modules that only the named packages may know, so that the
// engine behind an interface can be replaced in one place.
var homes = []struct {
	module string
	homes  []string
	reason string
}{
	{"github.com/cockroachdb/pebble", []string{"pipeline/dedupe"}, "the dedupe index"},
	{"modernc.org/sqlite", []string{"store"}, "the store"},
	{"github.com/goccy/go-yaml", []string{"workspacefile", "cmd"}, "files that people write"},
	{"github.com/alecthomas/kong", []string{"cmd"}, "the command line"},
	{"github.com/prometheus", []string{"app"}, "the metrics page"},
}

// clients are the packages that may make HTTP requests, with the reason.
// Everybody else goes through egress, where the rules against reaching inside
// the operator's network are.
var clients = map[string]string{
	"egress":           "the one client that may leave the house",
	"app":              "commands talk to a running server",
	"cmd/secant":       "commands talk to a running server",
	"internal/testkit": "tests talk to the server they started",
	"bench":            "measurements talk to the server they started",
}

// long are the files over maxLines, each with its reason. A file that has
// become short again must leave the table.
var long = map[string]string{}

// maxLines is how long a hand-written file may be and still be read in one go.
const maxLines = 400

// vague are package names that say nothing about what the package does.
var vague = []string{
	"util", "utils", "common", "helper", "helpers", "misc", "base", "shared",
	"models", "model", "types", "manager", "service", "services", "core", "impl", "lib",
}

// Check returns one line for each rule that files break, in their order.
func Check(files []*File) []string {
	var broken []string
	say := func(f *File, line int, format string, args ...any) {
		at := f.Path
		if line > 0 {
			at = fmt.Sprintf("%s:%d", f.Path, line)
		}
		broken = append(broken, at+": "+fmt.Sprintf(format, args...))
	}
	documented := map[string]bool{}
	for _, f := range files {
		documented[f.Dir()] = documented[f.Dir()] || f.Doc && !f.Test
	}
	complained := map[string]bool{}
	for _, f := range files {
		if reason := long[f.Path]; !f.Test && f.Lines > maxLines && reason == "" {
			say(f, 0, "has %d lines, more than %d: split it by what it does, or give the reason in archtest's table", f.Lines, maxLines)
		} else if reason != "" && f.Lines <= maxLines {
			say(f, 0, "has %d lines and needs no exception any more: remove it from archtest's table", f.Lines)
		}
		if !f.IsGo() {
			continue
		}
		if slices.Contains(vague, strings.TrimSuffix(f.Package, "_test")) {
			say(f, 0, "package name %q says nothing: name it after what it does", f.Package)
		}
		for _, line := range f.Inits {
			say(f, line, "func init() hides what runs: make it a value or a call")
		}
		if f.Test {
			continue
		}
		if !documented[f.Dir()] && !complained[f.Dir()] {
			complained[f.Dir()] = true
			say(f, 0, "package %s has no package comment", f.Package)
		}
		for _, line := range f.Clients {
			if _, ok := clients[f.Dir()]; !ok {
				say(f, line, "makes HTTP requests itself: go through package egress")
			}
		}
		for _, imp := range f.Imports {
			if why := forbidden(f.Dir(), imp); why != "" {
				say(f, 0, "imports %s: %s", imp, why)
			}
		}
	}
	return broken
}

// forbidden returns why the package in directory from may not import the path
// imp, or nothing when it may.
func forbidden(from, imp string) string {
	to, ours := strings.CutPrefix(imp, Module)
	if !ours || to != "" && to[0] != '/' {
		return forbiddenModule(from, imp)
	}
	if to = strings.TrimPrefix(to, "/"); to == "" {
		to = "."
	}
	lower, ok := layerOf(to)
	if !ok {
		return "archtest's table of layers does not know it"
	}
	upper, ok := layerOf(from)
	if !ok {
		return "archtest's table of layers does not know " + from
	}
	switch {
	case upper == vocabulary:
		return "the vocabulary imports the standard library only"
	case lower == rig && upper != rig:
		return "code for tests must not get into the binary"
	case upper == rig && lower > leaf && lower != rig:
		return "tests from the outside know the vocabulary only"
	case upper == asset && lower != asset:
		return "embedded files know nobody"
	case family(from) != "" && family(from) == family(to):
		return ""
	case upper == engine && lower == engine:
		for _, e := range exceptions {
			if e.from == family(from) && e.to == family(to) {
				return ""
			}
		}
		return "engines never import each other: declare the interface you need and let app plug it in"
	case upper == engine && (lower == adapter || lower == list || lower == asset):
		return "engines get implementations and files handed in by app"
	case upper == adapter && lower == adapter:
		return "implementations never import each other"
	case lower > upper:
		return "it is above: cmd → app → engines → contracts → vocabulary"
	}
	return ""
}

func forbiddenModule(from, imp string) string {
	first, _, _ := strings.Cut(imp, "/")
	if !strings.Contains(first, ".") {
		return "" // standard library
	}
	if from == "." {
		return "the vocabulary imports the standard library only"
	}
	for _, h := range homes {
		home := func(dir string) bool { return within(from, dir) }
		if within(imp, h.module) && !slices.ContainsFunc(h.homes, home) {
			return fmt.Sprintf("only %s may know it (%s)", strings.Join(h.homes, " and "), h.reason)
		}
	}
	return ""
}

// layerOf finds the longest entry for dir.
func layerOf(dir string) (layer, bool) {
	if l, ok := layers[dir]; ok {
		return l, true
	}
	if f := family(dir); f != "" {
		return layers[f], true
	}
	for parent := dir; parent != "."; {
		i := strings.LastIndexByte(parent, '/')
		if i < 0 {
			break
		}
		parent = parent[:i]
		if l, ok := layers[parent+"/*"]; ok {
			return l, true
		}
		if l, ok := layers[parent]; ok && l == rig {
			return l, true
		}
	}
	return 0, false
}

// family returns the engine that dir belongs to, or nothing.
func family(dir string) string {
	for _, f := range families {
		if within(dir, f) {
			return f
		}
	}
	return ""
}

// within reports whether path is parent or lies below it.
func within(path, parent string) bool {
	return path == parent || strings.HasPrefix(path, parent+"/")
}
