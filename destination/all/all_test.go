package all_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/secantdev/secant/destination/all"
)

var update = flag.Bool("update", false, "write testdata/definitions.json anew")

// TestDefinitions shows reviewers every change to what people see.
func TestDefinitions(t *testing.T) {
	t.Parallel()
	defs := all.Definitions()
	slugs := map[string]bool{}
	for _, d := range defs {
		if slugs[d.Slug] {
			t.Errorf("two definitions are called %s", d.Slug)
		}
		slugs[d.Slug] = true
	}
	got, err := json.MarshalIndent(defs, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	const golden = "testdata/definitions.json"
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("definitions differ from %s; look at the change, then run: go test ./destination/all -update", golden)
	}
}
