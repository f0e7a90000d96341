package workspacefile

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/secantdev/secant"
)

// FuzzParse feeds documents of strangers: they must not crash the reader, and
// what is read and can be exported must read as the same.
func FuzzParse(f *testing.F) {
	f.Add([]byte(shop))
	f.Add([]byte("sources: # ${env:A}\n- id: a\n  type: server\n  name:  'x ${env:B} $${env:C}' # d\n\n- {id: b, type: go, name: \"${env:D}\"}\r\n"))
	paths, err := filepath.Glob("testdata/errors/*.txt")
	check(f, err)
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		check(f, err)
		document, _, _ := strings.Cut(string(raw), "-----\n")
		f.Add([]byte(document))
	}
	open := Schema{SecretSettings: func(string) []string { return nil }}
	f.Fuzz(func(t *testing.T, data []byte) {
		here := Resolver{Env: func(name string) (string, bool) { return "a\n\"${env:b}: " + name, true }}
		file, err := Parse(data, open, here)
		if err != nil {
			if err.Error() == "" {
				t.Fatal("an error without words")
			}
			return
		}
		out := Export(workspaceOf(file), open)
		// Resolving references here and reading elsewhere is the same as
		// reading here.
		if expanded, err := Expand(data, here); err == nil {
			there, err := Parse(expanded, open, Resolver{})
			if err != nil {
				t.Fatalf("what was expanded cannot be read: %v\n%s", err, expanded)
			}
			if diff := cmp.Diff(string(out), string(Export(workspaceOf(there), open))); diff != "" {
				t.Fatalf("what was expanded reads differently: %s\n%s", diff, expanded)
			}
		}
		again, err := Parse(out, open, Resolver{})
		if err != nil {
			t.Fatalf("the export cannot be read: %v\n%s", err, out)
		}
		if twice := Export(workspaceOf(again), open); !bytes.Equal(out, twice) {
			t.Fatalf("the export of the export differs: %s", cmp.Diff(string(out), string(twice)))
		}
	})
}

func workspaceOf(file *File) *secant.Workspace {
	var sources []*secant.Source
	for i := range file.Sources {
		sources = append(sources, &file.Sources[i])
	}
	var destinations []*secant.Destination
	for i := range file.Destinations {
		destinations = append(destinations, &file.Destinations[i])
	}
	return secant.NewWorkspace(sources, destinations)
}

// FuzzRoundTrip takes settings of every content through export and back.
func FuzzRoundTrip(f *testing.F) {
	f.Add(`{"url":"http://x","a":[1,2.5,-1e300,{"b":null}],"c":{},"d":[],"e":"line\nline","f":"yes","g":"${env:X} $${file:y}"}`)
	f.Add(`{"":"","~":"~","- a":"- b","a: b":"c #d","\u0085":"\u007f\u2028\ufeff😀","n":12345678901234567890,"t":"\t x "}`)
	f.Add(`{"a":[[1,[]],[{"x":[{}]}],[{"y":1,"z":2}]],"b":0.1,"c":1e21,"d":-0.0}`)
	open := Schema{SecretSettings: func(string) []string { return nil }}
	f.Fuzz(func(t *testing.T, settings string) {
		d := &secant.Destination{ID: "d", Name: "D", Source: "s", Type: "webhook", Enabled: true}
		if !utf8.ValidString(settings) || strings.Contains(settings, `\u0000`) || json.Unmarshal([]byte(settings), &d.Settings) != nil || d.Settings == nil {
			return
		}
		if depth(d.Settings) > maxDepth/2 {
			return
		}
		src := &secant.Source{ID: "s", Name: "S", Type: "server", WriteKeys: []string{"wk_1"}, Enabled: true}
		w := secant.NewWorkspace([]*secant.Source{src}, []*secant.Destination{d})
		out := Export(w, open)
		d.Version, src.Version = 1, 1
		file, err := Parse(out, open, Resolver{})
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		changes, err := file.Plan(w, open, PlanOptions{Prune: true})
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if got := words(changes); got != nil {
			t.Fatalf("applying the export does %v: %+v\n%s", got, changes, out)
		}
	})
}

func depth(v any) int {
	deepest := 0
	switch v := v.(type) {
	case map[string]any:
		for _, x := range v {
			deepest = max(deepest, depth(x))
		}
	case []any:
		for _, x := range v {
			deepest = max(deepest, depth(x))
		}
	default:
		return 0
	}
	return deepest + 1
}
