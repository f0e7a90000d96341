package api_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/destination"
	"github.com/secantdev/secant/store"
	"github.com/secantdev/secant/workspacefile"
)

// file is the real workspace file, as app plugs it in.
type file struct{ db *store.Store }

func workspaceFile(db *store.Store) file { return file{db} }

var schema = workspacefile.Schema{ValidateSettings: validateSettings, SecretSettings: secretSettings}

func (f file) Export(context.Context) ([]byte, error) {
	return workspacefile.Export(f.db.Workspace(), schema), nil
}

func (f file) Plan(_ context.Context, doc []byte, prune bool) ([]secant.Change, error) {
	now := f.db.Workspace()
	parsed, err := workspacefile.Parse(doc, schema, workspacefile.Resolver{}.Stored(now, schema))
	if err != nil {
		return nil, err
	}
	return parsed.Plan(now, schema, workspacefile.PlanOptions{Prune: prune})
}

func TestWorkspace(t *testing.T) {
	t.Parallel()
	s := start(t)
	viewer, editor := secant.RoleViewer, secant.RoleEditor
	yaml := head{"Content-Type": "application/yaml"}
	apply := "/api/workspace/apply"
	shop := "sources:\n  - {id: shop, name: Shop, type: http, writeKeys: [wk_shop]}\n"
	hook := shop + "destinations:\n  - {id: hook, source: shop, type: webhook, settings: {url: 'https://example.com', sharedSecret: s3cret}}\n"
	s.run([]scenario{
		{name: "as Segment's clients get it", as: viewer, method: "GET", path: "/api/", status: 200, want: []string{`{"data":{"workspace":{"id":"`, `"slug":"workspace"`}},
		{name: "try", as: editor, method: "POST", path: apply + "?dryRun=1", header: yaml, body: hook, status: 200,
			want: []string{`"action":"create","kind":"source","id":"shop"`, `"action":"create","kind":"destination","id":"hook"`, `"applied":false`}, not: []string{"s3cret"}},
		{name: "trying changes nothing", as: viewer, method: "GET", path: "/api/sources/shop", status: 404},
		{name: "apply", as: editor, method: "POST", path: apply, header: yaml, body: hook, status: 200, want: []string{`"applied":true`}, not: []string{"s3cret"}},
		{name: "applying does", as: viewer, method: "GET", path: "/api/destinations/hook", status: 200, want: []string{`"sharedSecret":"` + destination.Masked + `"`}},
		{name: "again, as the command line sends it", as: editor, method: "POST", path: apply, header: head{"Content-Type": "text/yaml"}, body: hook, status: 200,
			want: []string{`{"action":"unchanged","kind":"source","id":"shop","changes":[]}`}, not: []string{`"update"`}},
		{name: "all or nothing", as: editor, method: "POST", path: apply, header: yaml, status: 422, want: []string{"wk_shop"},
			body: "sources:\n  - {id: new, type: http}\n  - {id: other, type: http, writeKeys: [wk_shop]}\n"},
		{name: "nothing it was", as: viewer, method: "GET", path: "/api/sources/new", status: 404},
		{name: "an unknown key", as: editor, method: "POST", path: apply, header: yaml, body: shop + "sinks: []\n", status: 422, want: []string{"line 3", "sinks"}},
		{name: "a variable of the server", as: editor, method: "POST", path: apply, header: yaml, body: strings.ReplaceAll(hook, "s3cret", "'${env:PATH}'"), status: 422, want: []string{"sharedSecret"}},
		{name: "a file of the server", as: editor, method: "POST", path: apply, header: yaml, body: strings.ReplaceAll(hook, "s3cret", "'${file:/etc/passwd}'"), status: 422, not: []string{"root:"}},
		{name: "prune", as: editor, method: "POST", path: apply + "?prune=true", header: yaml, body: shop, status: 200, want: []string{`{"action":"delete","kind":"destination","id":"hook","changes":[]}`}},
		{name: "prune by an empty document", as: editor, method: "POST", path: apply + "?prune=1", header: yaml, status: 400, want: []string{"delete everything"}},
		{name: "a form", as: editor, method: "POST", path: apply, header: head{"Content-Type": "text/plain"}, body: shop, status: 415, want: []string{"application/yaml"}},
		{name: "a flag that is none", as: editor, method: "POST", path: apply + "?dryRun=maybe", header: yaml, body: shop, status: 400, want: []string{`"field":"dryRun"`}},
		{name: "too large", as: editor, method: "POST", path: apply, header: yaml, body: strings.Repeat("# x\n", 1<<20+1), status: 413},
	})
	r := s.as(viewer, "GET", "/api/workspace", "")
	if !strings.Contains(r.text, "wk_shop") || r.Header.Get("Content-Type") != "application/yaml" || !strings.Contains(r.Header.Get("Content-Disposition"), "secant.yaml") {
		t.Errorf("export: %q %v", r.text, r.Header)
	}
}

// docs/api.md has a line for every route, with the role it needs.
func TestDocs(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(doc), `"`+destination.Masked+`"`) {
		t.Errorf("docs/api.md does not say that secrets show as %q", destination.Masked)
	}
	for _, r := range start(t).api.Routes() {
		if r.Pattern == "/api/" {
			continue
		}
		role := string(r.Role)
		if role == "" {
			role = "–"
		}
		found := false
		for line := range strings.Lines(string(doc)) {
			route, rest, _ := strings.Cut(strings.TrimPrefix(line, "| `"), "` | ")
			route, _, _ = strings.Cut(route, "?")
			found = found || route == r.Method+" "+strings.TrimSuffix(r.Pattern, "{$}") && strings.HasPrefix(rest, role+" | ")
		}
		if !found {
			t.Errorf("docs/api.md has no line \"| `%s %s` | %s | …\"", r.Method, r.Pattern, role)
		}
	}
}
