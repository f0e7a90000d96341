package workspacefile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReferences(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	check(t, os.WriteFile(filepath.Join(dir, "s"), []byte("two\nlines\n"), 0o600))
	r := Local(dir)
	r.Env = func(name string) (string, bool) { return "v$" + name, name != "UNSET" }
	r.Secret = func(id string) (any, bool) { return map[string]any{"X": "y"}, id == "destinations.h.headers" }
	file, err := Parse([]byte(`
sources: [{id: "${env:ID}", type: server}]
`), schema, r)
	if err == nil || !strings.Contains(err.Error(), "line 2: sources[0].id") || strings.Contains(err.Error(), "v$ID") {
		t.Errorf("got %v, %v: what came from a reference must not be shown", file, err)
	}
	file, err = Parse([]byte(`
sources: [{id: a, type: server, name: "a ${env:ID} and $${env:ID} and $$${env:ID} and ${HOME}"}]
destinations:
  - id: h
    source: a
    type: webhook
    settings:
      url: https://${env:HOST}/x
      sharedSecret: ${file:s}
      headers: ${secret:destinations.h.headers}
`), schema, r)
	check(t, err)
	if got, want := file.Sources[0].Name, "a v$ID and ${env:ID} and $${env:ID} and ${HOME}"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	want := map[string]any{"url": "https://v$HOST/x", "sharedSecret": "two\nlines", "headers": map[string]any{"X": "y"}}
	if diff := cmp.Diff(want, file.Destinations[0].Settings); diff != "" {
		t.Error(diff)
	}
}

// TestClientCannotRead makes sure that a document from a client cannot make the
// server read its environment or files.
func TestClientCannotRead(t *testing.T) {
	t.Parallel()
	d := newDocument(t)
	for _, ref := range []string{"${env:HOME}", "${file:/etc/passwd}"} {
		_, err := d.plan("sources: [{id: a, type: server, name: '"+ref+"'}]", false)
		if err == nil || !strings.Contains(err.Error(), "cannot be resolved here") {
			t.Errorf("%s: got %v", ref, err)
		}
	}
}

func TestExpandKeepsTheForm(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	check(t, os.WriteFile(filepath.Join(dir, "s"), []byte("a \"b\"\n${env:X}\n"), 0o600))
	r := Local(dir)
	r.Env = func(name string) (string, bool) { return "ünï", name == "X" }
	for _, test := range []struct{ name, in, want string }{
		{"nothing to do", shop, shop},
		{"everywhere but in comments and keys",
			"# ${env:X}\na:   ${env:X}   # ${env:X}\nb: [ 'x ${env:X}', \"${file:s}\" ]\r\n${env:X}: \"$${env:X} ${secret:s}\"\n",
			"# ${env:X}\na:   \"ünï\"   # ${env:X}\nb: [ \"x ünï\", \"a \\\"b\\\"\\n$${env:X}\" ]\r\n${env:X}: \"$${env:X} ${secret:s}\"\n"},
		{"multi-line text", "a: |\n  one\n  two\nb: ${env:X}\n", "a: |\n  one\n  two\nb: \"ünï\"\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Expand([]byte(test.in), r)
			check(t, err)
			if diff := cmp.Diff(test.want, string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
	for in, want := range map[string]string{
		"a: b\nb: ${env:NONE}\n": "line 2: the environment variable NONE is not set",
		"a: |\n  x ${env:X}\n":   "put the value in quotes",
		"a: '${file:no such}'\n": "line 1: the file of ${file:no such} cannot be read",
	} {
		if _, err := Expand([]byte(in), r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v", in, err)
		}
	}
}

// TestSecretReferences takes secrets of every shape through export and apply.
func TestSecretReferences(t *testing.T) {
	t.Parallel()
	d := newDocument(t)
	apply(t, d, `
sources: [{id: a, type: server}]
destinations:
  - {id: one, source: a, type: webhook, settings: {url: "http://x", sharedSecret: "tricky $${env:X}", headers: {X-Key: k1, "odd.}name": k2}}}
`, false)
	out := Export(d.Workspace(), schema)
	for _, secret := range []string{"tricky", "k1", "k2"} {
		if strings.Contains(string(out), secret) {
			t.Errorf("the export shows %q:\n%s", secret, out)
		}
	}
	if got := apply(t, d, string(out), false); got != nil {
		t.Errorf("applying the export does %v", got)
	}

	// A copy of a destination takes its secrets along.
	apply(t, d, `
destinations:
  - {id: two, source: a, type: webhook, settings: {url: "http://y", sharedSecret: "${secret:destinations.one.sharedSecret}"}}
`, false)
	if got := d.Workspace().Destinations["two"].Settings["sharedSecret"]; got != "tricky ${env:X}" {
		t.Errorf("got %q", got)
	}
	// A secret must not end where it is shown.
	_, err := d.plan(`
destinations:
  - {id: two, source: a, type: webhook, settings: {url: "${secret:destinations.one.sharedSecret}"}}
`, false)
	if err == nil || !strings.Contains(err.Error(), "is no secret") {
		t.Errorf("got %v", err)
	}
	for _, id := range []string{"destinations.one.url", "destinations.none.sharedSecret", "sources.a.id", "x"} {
		if v, ok := (Resolver{}).Stored(d.Workspace(), schema).Secret(id); ok {
			t.Errorf("%s gave %v", id, v)
		}
	}
	if _, ok := (Resolver{}).Stored(d.Workspace(), Schema{}).Secret("destinations.one.url"); !ok {
		t.Error("without a schema every setting is secret")
	}
}
