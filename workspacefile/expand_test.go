package workspacefile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/secantdev/secant/workspacefile"
)

func TestExpand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "address.txt"), []byte("https://example.com/hook\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	resolver := workspacefile.Local(dir)
	resolver.Env = func(name string) (string, bool) {
		v, ok := map[string]string{
			"PLAIN": "s3cret", "QUOTES": `a"b'c: #d`, "LINES": "one\ntwo", "LOOKS": "${env:PLAIN}",
		}[name]
		return v, ok
	}
	for _, c := range []struct{ name, in, want string }{
		{"environment", "a: ${env:PLAIN}", `"s3cret"`},
		{"part of a text", "a: x-${env:PLAIN}-y", `"x-s3cret-y"`},
		{"in a flow mapping", `a: {b: "${env:PLAIN}", c: 1}`, `"s3cret"`},
		{"file", "a: '${file:address.txt}'", `"https://example.com/hook"`},
		{"quotes", "a: ${env:QUOTES}", `"a\"b'c: #d"`},
		{"line break", "a: ${env:LINES}", `"one\ntwo"`},
		{"value like a reference", "a: ${env:LOOKS}", `"$${env:PLAIN}"`},
		{"stored secret", "a: ${secret:destinations.x.y}", "a: ${secret:destinations.x.y}"},
		{"escaped", "a: $${env:PLAIN}", "a: $${env:PLAIN}"},
		{"nothing to do", "# as it is\na:   b\n", "# as it is\na:   b\n"},
		{"no YAML", "a: [", "a: ["},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := workspacefile.Expand([]byte(c.in), resolver)
			if err != nil || !strings.Contains(string(got), c.want) {
				t.Errorf("Expand(%q) = %q, %v; want it to hold %q", c.in, got, err, c.want)
			}
		})
	}
	_, err := workspacefile.Expand([]byte("a: b\nc: ${env:MISSING}\n"), resolver)
	if err == nil || !strings.Contains(err.Error(), "line 2") || !strings.Contains(err.Error(), "MISSING is not set") {
		t.Errorf("a missing variable gives %v", err)
	}
}
