package workspacefile

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/store"
)

var update = flag.Bool("update", false, "write the golden files")

// schema stands for the definitions of destinations, which app hands in.
var schema = Schema{
	ValidateSettings: func(typ string, settings map[string]any) (map[string]any, error) {
		if typ != "webhook" {
			return nil, secant.Invalid("type", typ, "there is no such destination type")
		}
		var errs []error
		if u, _ := settings["url"].(string); !strings.HasPrefix(u, "http") {
			errs = append(errs, secant.Invalid("settings.url", u, "must be an address"))
		}
		if h, ok := settings["headers"].(map[string]any); ok && h["Host"] != nil {
			errs = append(errs, secant.Invalid("settings.headers.Host", "", "cannot be set"))
		}
		return settings, errors.Join(errs...)
	},
	SecretSettings: func(string) []string { return []string{"sharedSecret", "headers"} },
}

var (
	person = secant.Actor{Kind: "user", ID: "usr_1", Name: "ann@example.com", Role: secant.RoleOwner}
	shop   = `sources:
  - {id: shop-web, name: Shop (web), type: javascript, writeKeys: [wk_shop_web]}
  - {id: shop-api, name: Shop (server), type: server, writeKeys: [wk_shop_api]}
destinations:
  - {id: shop-hook, source: shop-web, type: webhook, enabled: true, settings: {url: "http://127.0.0.1:9911/hook", sharedSecret: s3cret}}
`
)

// document is the configuration of a store as app serves it.
type document struct{ *store.Store }

// plan reads a document of a client.
func (d document) plan(content string, prune bool) ([]secant.Change, error) {
	file, err := Parse([]byte(content), schema, Resolver{}.Stored(d.Workspace(), schema))
	if err != nil {
		return nil, err
	}
	return file.Plan(d.Workspace(), schema, PlanOptions{Prune: prune})
}

// applyFile applies the operator's file, as a start with --config does.
func (d document) applyFile(tb testing.TB, path string) []string {
	tb.Helper()
	content, err := os.ReadFile(path)
	check(tb, err)
	file, err := Parse(content, schema, Local(filepath.Dir(path)))
	check(tb, err)
	changes, err := file.Plan(d.Workspace(), schema, PlanOptions{FromFile: true})
	check(tb, err)
	check(tb, d.Apply(tb.Context(), secant.Actor{Kind: "file", ID: path}, changes))
	return words(changes)
}

func newDocument(tb testing.TB) document {
	tb.Helper()
	dir := tb.TempDir()
	s, err := store.Open(tb.Context(), store.Options{Path: filepath.Join(dir, "secant.db"), KeyPath: filepath.Join(dir, "secret.key"),
		ValidateSettings: schema.ValidateSettings, SecretSettings: schema.SecretSettings})
	check(tb, err)
	tb.Cleanup(func() { check(tb, s.Close()) })
	return document{s}
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// apply applies a document as a client does, and returns what it does as
// "create source x".
func apply(tb testing.TB, d document, content string, prune bool) []string {
	tb.Helper()
	changes, err := d.plan(content, prune)
	check(tb, err)
	check(tb, d.Apply(tb.Context(), person, changes))
	return words(changes)
}

func words(changes []secant.Change) []string {
	var w []string
	for _, c := range changes {
		if c.Action != secant.ActionUnchanged {
			w = append(w, fmt.Sprintf("%s %s %s", c.Action, c.Kind, c.ID))
		}
	}
	return w
}

func TestApplyAndExport(t *testing.T) {
	t.Parallel()
	d := newDocument(t)
	got := apply(t, d, shop, false)
	want := []string{"create source shop-web", "create source shop-api", "create destination shop-hook"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if again := apply(t, d, shop, true); again != nil {
		t.Errorf("applying again does %v", again)
	}
	hook := d.Workspace().Destinations["shop-hook"]
	if hook.Name != "shop-hook" || hook.Settings["sharedSecret"] != "s3cret" {
		t.Errorf("got %+v", hook)
	}

	out := Export(d.Workspace(), schema)
	golden(t, "testdata/shop.yaml", out)
	if again := apply(t, d, string(out), true); again != nil {
		t.Errorf("applying the export does %v", again)
	}
	after := Export(d.Workspace(), schema)
	if diff := cmp.Diff(string(out), string(after)); diff != "" {
		t.Errorf("export after apply differs: %s", diff)
	}
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		check(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	check(t, err)
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got, -update writes it):\n%s", path, diff)
	}
}

// TestErrors reads the documents of testdata/errors: what is above the line of
// dashes is the document, below are its errors.
func TestErrors(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/errors/*.txt")
	check(t, err)
	if len(paths) == 0 {
		t.Fatal("no documents")
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			d := newDocument(t)
			apply(t, d, shop, false)
			raw, err := os.ReadFile(path)
			check(t, err)
			document, _, ok := strings.Cut(string(raw), "-----\n")
			if !ok {
				t.Fatal("no line of dashes")
			}
			_, err = d.plan(document, strings.HasPrefix(document, "# prune"))
			if err == nil {
				t.Fatal("no error")
			}
			if !errors.Is(err, secant.ErrInvalid) {
				t.Errorf("%v is not ErrInvalid", err)
			}
			var field *secant.FieldError
			if !errors.As(err, &field) || !strings.Contains(field.Message, "line ") {
				t.Errorf("the field error %v has no line", field)
			}
			golden(t, path, []byte(document+"-----\n"+err.Error()+"\n"))
		})
	}
}

func TestPlan(t *testing.T) {
	t.Parallel()
	d := newDocument(t)
	apply(t, d, shop, false)

	t.Run("shows changes without secrets", func(t *testing.T) {
		changes, err := d.plan(`
destinations:
  - {id: shop-hook, source: shop-api, type: webhook, settings: {url: "http://127.0.0.1:1/", sharedSecret: other}}
`, false)
		check(t, err)
		want := []secant.FieldChange{
			{Field: "source", From: "shop-web", To: "shop-api"},
			{Field: "settings.sharedSecret", From: secant.FieldSecret, To: secant.FieldSecret},
			{Field: "settings.url", From: "http://127.0.0.1:9911/hook", To: "http://127.0.0.1:1/"},
		}
		if len(changes) != 1 {
			t.Fatalf("got %v", words(changes))
		}
		if diff := cmp.Diff(want, changes[0].Fields); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("keeps write keys that are not named", func(t *testing.T) {
		got := apply(t, d, `sources: [{id: shop-web, name: Shop, type: javascript}, {id: new, type: server}]`, false)
		if diff := cmp.Diff([]string{"update source shop-web", "create source new"}, got); diff != "" {
			t.Error(diff)
		}
		w := d.Workspace()
		if !slices.Equal(w.Sources["shop-web"].WriteKeys, []string{"wk_shop_web"}) || len(w.Sources["new"].WriteKeys) != 1 {
			t.Errorf("got %+v and %+v", w.Sources["shop-web"], w.Sources["new"])
		}
		apply(t, d, `sources: [{id: new, type: server, writeKeys: []}]`, false)
		if keys := d.Workspace().Sources["new"].WriteKeys; len(keys) != 0 {
			t.Errorf("an empty list left %v", keys)
		}
		if again := apply(t, d, `sources: [{id: new, type: server, writeKeys: []}]`, false); again != nil {
			t.Errorf("applying again does %v", again)
		}
	})
	t.Run("deletes only with prune", func(t *testing.T) {
		rest := `sources: [{id: shop-api, name: Shop (server), type: server, writeKeys: [wk_shop_web]}]`
		if _, err := d.plan(rest, false); err == nil || !strings.Contains(err.Error(), "belongs to the source shop-web") {
			t.Errorf("a key of a source that stays: %v", err)
		}
		got := apply(t, d, rest, true)
		want := []string{"update source shop-api", "delete destination shop-hook", "delete source new", "delete source shop-web"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("ErrConflict when it was changed since", func(t *testing.T) {
		changes, err := d.plan(`sources: [{id: shop-api, type: go}]`, false)
		check(t, err)
		_, err = d.AddWriteKey(t.Context(), person, "shop-api", "")
		check(t, err)
		if err := d.Apply(t.Context(), person, changes); !errors.Is(err, secant.ErrConflict) {
			t.Errorf("got %v", err)
		}
	})
}

func TestApplyFile(t *testing.T) {
	t.Parallel()
	d := newDocument(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "secant.yaml")
	write := func(name, content string) {
		t.Helper()
		check(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	write("hook.secret", "from-a-file\n")
	write("secant.yaml", strings.Replace(shop, "s3cret", `"${file:hook.secret}"`, 1))
	for range 2 { // at every start
		d.applyFile(t, path)
	}
	w := d.Workspace()
	if h := w.Destinations["shop-hook"]; !h.FromFile || h.Version != 1 || h.Settings["sharedSecret"] != "from-a-file" {
		t.Errorf("got %+v", h)
	}

	// A client may apply what is the same, not what is different.
	if got := apply(t, d, string(Export(d.Workspace(), schema)), true); got != nil {
		t.Errorf("applying the export does %v", got)
	}
	for _, document := range []string{`sources: [{id: shop-web, type: server}]`, `sources: []`} {
		_, err := d.plan(document, true)
		if !errors.Is(err, secant.ErrConflict) || !strings.Contains(err.Error(), "managed by the configuration file") {
			t.Errorf("%s: got %v", document, err)
		}
	}

	// What the file does not name any more stays, but is no longer its.
	write("secant.yaml", `sources: [{id: shop-web, name: Shop (web), type: javascript}]`)
	want := []string{"update destination shop-hook", "update source shop-api"}
	if diff := cmp.Diff(want, d.applyFile(t, path)); diff != "" {
		t.Error(diff)
	}
	check(t, d.DeleteDestination(t.Context(), person, "shop-hook", 0))
}
