package api_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/store"
)

// lines is a workspace file of one line per source to create: "id name". The
// real format is the workspacefile package's affair.
type lines struct{ db *store.Store }

func workspaceFile(db *store.Store) lines { return lines{db} }

func (l lines) Export(context.Context) ([]byte, error) { return []byte("sources: []\n"), nil }

func (l lines) Plan(_ context.Context, doc []byte, prune bool) ([]secant.Change, error) {
	var plan []secant.Change
	for line := range strings.Lines(string(doc)) {
		id, name, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok {
			return nil, secant.Invalid("sources[0].name", "", "line 1: is required")
		}
		plan = append(plan, secant.Change{Action: secant.ActionCreate, Kind: secant.KindSource, ID: id,
			Source: &secant.Source{ID: id, Name: name, Type: "http", Enabled: true},
			Fields: []secant.FieldChange{{Field: "name", To: name}}})
	}
	if prune {
		for id, src := range l.db.Workspace().Sources {
			plan = append(plan, secant.Change{Action: secant.ActionDelete, Kind: secant.KindSource, ID: id, Version: src.Version})
		}
	}
	return plan, nil
}

func TestWorkspace(t *testing.T) {
	t.Parallel()
	s := start(t)
	viewer, editor := secant.RoleViewer, secant.RoleEditor
	yaml := head{"Content-Type": "application/yaml"}
	apply := "/api/workspace/apply"
	s.run([]scenario{
		{name: "as Segment's clients get it", as: viewer, method: "GET", path: "/api/", status: 200, want: []string{`{"data":{"workspace":{"id":"`, `"slug":"workspace"`}},
		{name: "try", as: editor, method: "POST", path: apply + "?dryRun=1", header: yaml, body: "shop Shop", status: 200,
			want: []string{`{"data":{"plan":[{"action":"create","kind":"source","id":"shop","changes":[{"field":"name","from":null,"to":"Shop"}]}],"applied":false}}`}},
		{name: "trying changes nothing", as: viewer, method: "GET", path: "/api/sources/shop", status: 404},
		{name: "apply", as: editor, method: "POST", path: apply, header: yaml, body: "shop Shop", status: 200, want: []string{`"applied":true`}},
		{name: "applying does", as: viewer, method: "GET", path: "/api/sources/shop", status: 200, want: []string{`"name":"Shop"`}},
		{name: "as the command line sends it", as: editor, method: "POST", path: apply, header: head{"Content-Type": "text/yaml"}, body: "blog Blog", status: 200},
		{name: "all or nothing", as: editor, method: "POST", path: apply, header: yaml, body: "new New\nshop Shop", status: 409, want: []string{"shop"}},
		{name: "nothing it was", as: viewer, method: "GET", path: "/api/sources/new", status: 404},
		{name: "prune", as: editor, method: "POST", path: apply + "?prune=true", header: yaml, body: "one One", status: 200, want: []string{`{"action":"delete","kind":"source","id":"shop","changes":[]}`}},
		{name: "prune by an empty document", as: editor, method: "POST", path: apply + "?prune=1", header: yaml, status: 400, want: []string{"delete everything"}},
		{name: "a wrong document", as: editor, method: "POST", path: apply, header: yaml, body: "shop", status: 422, want: []string{`"field":"sources[0].name"`, "line 1"}},
		{name: "a form", as: editor, method: "POST", path: apply, header: head{"Content-Type": "text/plain"}, body: "x X", status: 415, want: []string{"application/yaml"}},
		{name: "a flag that is none", as: editor, method: "POST", path: apply + "?dryRun=maybe", header: yaml, body: "x X", status: 400, want: []string{`"field":"dryRun"`}},
		{name: "too large", as: editor, method: "POST", path: apply, header: yaml, body: strings.Repeat("x X\n", 2<<20+1), status: 413},
	})
	r := s.as(viewer, "GET", "/api/workspace", "")
	if r.text != "sources: []\n" || r.Header.Get("Content-Type") != "application/yaml" || !strings.Contains(r.Header.Get("Content-Disposition"), "secant.yaml") {
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
