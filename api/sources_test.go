package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/secantdev/secant"
)

func TestSources(t *testing.T) {
	t.Parallel()
	s := start(t)
	editor, viewer := secant.RoleEditor, secant.RoleViewer
	s.run([]scenario{
		{name: "none yet", as: viewer, method: "GET", path: "/api/sources", status: 200, want: []string{`"sources":[]`, `"totalEntries":0`}},
		{name: "as Segment's clients create one", as: editor, method: "POST", path: "/api/sources",
			body: `{"slug":"shop-web","enabled":true,"metadataId":"javascript","settings":{}}`, status: 201,
			want: []string{`"id":"shop-web"`, `"slug":"shop-web"`, `"name":"shop-web"`, `"workspaceId":"`, `"enabled":true`, `"labels":[]`,
				`"metadata":{"id":"javascript","name":"Website (JavaScript)"`, `"isCloudEventSource":false`, `"clientSide":true`,
				`"lastEventAt":null`, `"events24h":0`, `"version":1`, `"settings":{"rateLimit":0}`}},
		{name: "as the console creates one", as: editor, method: "POST", path: "/api/sources",
			body: `{"name":"Shop (server)","metadataId":"go","writeKeys":["wk_shop_api"],"settings":{"rateLimit":5}}`, status: 201,
			want: []string{`"id":"shop-server"`, `"writeKeys":["wk_shop_api"]`, `"rateLimit":5`}},
		{name: "without a name", as: editor, method: "POST", path: "/api/sources", body: `{"metadataId":"go"}`, status: 422, want: []string{`"field":"name"`}},
		{name: "without a type", as: editor, method: "POST", path: "/api/sources", body: `{"slug":"x"}`, status: 422, want: []string{`"field":"metadataId"`, "is required"}},
		{name: "of an unknown type", as: editor, method: "POST", path: "/api/sources", body: `{"slug":"x","metadataId":"fax"}`, status: 422,
			want: []string{`"field":"metadataId"`, `(got \"fax\")`, "javascript"}},
		{name: "with an id that is no slug", as: editor, method: "POST", path: "/api/sources", body: `{"slug":"No Slug","metadataId":"go"}`, status: 422, want: []string{`"field":"slug"`}},
		{name: "with a taken id", as: editor, method: "POST", path: "/api/sources", body: `{"slug":"shop-web","metadataId":"go"}`, status: 409, want: []string{`"type":"conflict"`, "shop-web"}},
		{name: "with a taken key", as: editor, method: "POST", path: "/api/sources", body: `{"slug":"x","metadataId":"go","writeKeys":["wk_shop_api"]}`, status: 409, want: []string{"wk_shop_api"}},
		{name: "with an unknown field", as: editor, method: "POST", path: "/api/sources", body: `{"slug":"x","metadataId":"go","enbaled":false}`, status: 400, want: []string{`"field":"enbaled"`, "/api/openapi.json"}},
		{name: "get", as: viewer, method: "GET", path: "/api/sources/shop-web", status: 200, want: []string{`{"data":{"source":{"id":"shop-web"`}},
		{name: "get nothing", as: viewer, method: "GET", path: "/api/sources/nobody", status: 404, want: []string{`"type":"not-found"`, `\"nobody\"`}},
		{name: "rename", as: editor, method: "PATCH", path: "/api/sources/shop-web", body: `{"name":"Shop (web)","slug":"shop-web","version":1}`, status: 200,
			want: []string{`"name":"Shop (web)"`, `"version":2`, `"enabled":true`}},
		{name: "switch off", as: editor, method: "PATCH", path: "/api/sources/shop-web", body: `{"enabled":false,"settings":{"rateLimit":9}}`, status: 200,
			want: []string{`"enabled":false`, `"rateLimit":9`, `"name":"Shop (web)"`}},
		{name: "change what changed meanwhile", as: editor, method: "PATCH", path: "/api/sources/shop-web", body: `{"name":"Mine","version":1}`, status: 409,
			want: []string{`"type":"conflict"`, `; read it again and repeat the change."`, `"data":{"current":{"id":"shop-web"`, `"version":3`}},
		{name: "change the id", as: editor, method: "PATCH", path: "/api/sources/shop-web", body: `{"slug":"other"}`, status: 422, want: []string{`"field":"slug"`, "cannot change"}},
		{name: "a limit below nothing", as: editor, method: "PATCH", path: "/api/sources/shop-web", body: `{"settings":{"rateLimit":-1}}`, status: 422, want: []string{`"field":"settings.rateLimit"`}},
		{name: "a name that is a number", as: editor, method: "PATCH", path: "/api/sources/shop-web", body: `{"name":7}`, status: 422, want: []string{`"field":"name"`, "must be text"}},
		{name: "change nothing", as: editor, method: "PATCH", path: "/api/sources/nobody", body: `{"name":"x"}`, status: 404},
		{name: "add a key of one's own", as: editor, method: "POST", path: "/api/sources/shop-web/writekey", body: `{"writeKey":"wk_mine"}`, status: 200, want: []string{`"wk_mine"]`}},
		{name: "add a key that is none", as: editor, method: "POST", path: "/api/sources/shop-web/writekey", body: `{"writeKey":"a b"}`, status: 422, want: []string{`"field":"writeKey"`}},
		{name: "add a key", as: editor, method: "POST", path: "/api/sources/shop-web/writekey", status: 200, want: []string{`"wk_mine","`}},
		{name: "remove a key", as: editor, method: "DELETE", path: "/api/sources/shop-web/writekey/wk_mine", status: 200, want: []string{`{"data":{"status":"SUCCESS"}}`}},
		{name: "remove a key again", as: editor, method: "DELETE", path: "/api/sources/shop-web/writekey/wk_mine", status: 404},
		{name: "connected destinations", as: viewer, method: "GET", path: "/api/sources/shop-web/connected-destinations", status: 200, want: []string{`"destinations":[]`, `"pagination"`}},
		{name: "of no source", as: viewer, method: "GET", path: "/api/sources/nobody/connected-destinations", status: 404},
		{name: "delete what changed meanwhile", as: editor, method: "DELETE", path: "/api/sources/shop-web?version=1", status: 409},
		{name: "delete", as: editor, method: "DELETE", path: "/api/sources/shop-web", status: 200, want: []string{`{"data":{"status":"SUCCESS"}}`}},
		{name: "delete again", as: editor, method: "DELETE", path: "/api/sources/shop-web", status: 404},
		{name: "the trail of it", as: secant.RoleAdmin, method: "GET", path: "/api/audit-events?type=source.&resourceId=shop-web", status: 200,
			want: []string{`"type":"source.created"`, `"type":"source.deleted"`, `"actorKind":"token"`, `"actorName":"editor token"`, `"resourceType":"source"`, `"field":"name"`}},
	})
}

// Reading it again does not help against the configuration file.
func TestWhatTheFileManagesIsNotChanged(t *testing.T) {
	t.Parallel()
	s := start(t)
	file := secant.Actor{Kind: "file", ID: "secant.yaml", Name: "secant.yaml", Role: secant.RoleOwner}
	if _, err := s.store.CreateSource(t.Context(), file, secant.Source{ID: "filed", Name: "Filed", Type: "go", Enabled: true, FromFile: true}); err != nil {
		t.Fatal(err)
	}
	_, err := s.store.CreateDestination(t.Context(), file, secant.Destination{ID: "filed-hook", Name: "Hook", Source: "filed", Type: "webhook",
		Settings: map[string]any{"url": "https://example.com/hook"}, FromFile: true})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`"type":"conflict"`, "is managed by the configuration file; change it there and restart Secant.\""}
	not := []string{"again", "repeat"}
	s.run([]scenario{
		{name: "change a source", as: secant.RoleEditor, method: "PATCH", path: "/api/sources/filed", body: `{"name":"Mine"}`, status: 409, want: want, not: not},
		{name: "change it from an old version", as: secant.RoleEditor, method: "PATCH", path: "/api/sources/filed", body: `{"name":"Mine","version":9}`, status: 409, want: want, not: not},
		{name: "delete a source", as: secant.RoleEditor, method: "DELETE", path: "/api/sources/filed", status: 409, want: want, not: not},
		{name: "change a destination", as: secant.RoleEditor, method: "PATCH", path: "/api/destinations/filed-hook", body: `{"enabled":true}`, status: 409, want: want, not: not},
		{name: "delete a destination", as: secant.RoleEditor, method: "DELETE", path: "/api/destinations/filed-hook", status: 409, want: want, not: not},
	})
}

func TestSourceActivity(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.must("POST", "/api/sources", `{"slug":"shop","metadataId":"http"}`)
	at := time.Now().Truncate(time.Millisecond)
	s.collect(1, track("shop", "One", at.Add(-time.Minute)), track("shop", "Two", at))
	if err := s.hub.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := s.as(secant.RoleViewer, "GET", "/api/sources", "")
	if !strings.Contains(r.text, `"events24h":2`) || !strings.Contains(r.text, `"lastEventAt":"`+at.UTC().Format("2006-01-02T15:04:05")) {
		t.Error(r.text)
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	s := start(t)
	create := func(name, body, contentType string, status int, want ...string) scenario {
		return scenario{name: name, as: secant.RoleEditor, method: "POST", path: "/api/sources", body: body,
			header: head{"Content-Type": contentType}, status: status, want: want}
	}
	s.run([]scenario{
		create("with a charset", `{"slug":"a","metadataId":"go"}`, "application/json; charset=utf-8", 201),
		create("Segment's type", `{"slug":"b","metadataId":"go"}`, "application/vnd.segment.v1+json", 201),
		create("Segment's alpha type", `{"slug":"c","metadataId":"go"}`, "application/vnd.segment.v1alpha+json", 201),
		create("no type", `{"slug":"d","metadataId":"go"}`, "", 415, "application/json"),
		create("a form", `slug=d&metadataId=go`, "application/x-www-form-urlencoded", 415),
		create("no JSON", `{"slug":`, "application/json", 400, "ends too early"),
		create("broken JSON", `{"slug":}`, "application/json", 400, "not JSON", "byte 9"),
		create("a list", `[]`, "application/json", 400, "must be a JSON object"),
		create("two objects", `{"slug":"d","metadataId":"go"}{}`, "application/json", 400, "behind"),
		create("a megabyte", `{"slug":"`+strings.Repeat("x", 1<<20)+`"}`, "application/json", 413, `"type":"too-large"`, "1048576"),
	})
	for accept, want := range map[string]string{
		"":                                "application/json",
		"*/*":                             "application/json",
		"application/vnd.segment.v1+json": "application/vnd.segment.v1+json",
		"application/json, application/vnd.segment.v1+json":         "application/json",
		"application/vnd.segment.v1beta+json;q=1, application/json": "application/vnd.segment.v1beta+json",
	} {
		r := s.send("GET", "/api/sources", "", head{"Accept": accept, "Authorization": "Bearer " + adminToken})
		if got := r.Header.Get("Content-Type"); got != want {
			t.Errorf("Accept %q: Content-Type %q, want %q", accept, got, want)
		}
	}
}

func TestPagination(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		s.must("POST", "/api/sources", `{"slug":"`+id+`","metadataId":"http"}`)
	}
	var page struct {
		Sources    []struct{ ID string }
		Pagination struct {
			Current, Next string
			TotalEntries  int
		}
	}
	seen := ""
	for _, form := range []string{"pagination[count]=2&pagination[cursor]=", "pagination%5Bcount%5D=2&pagination%5Bcursor%5D=", "pagination.count=2&pagination.cursor="} {
		page.Pagination.Next = ""
		for pages := 0; pages == 0 || page.Pagination.Next != ""; pages++ {
			r := s.must("GET", "/api/sources?"+form+page.Pagination.Next, "")
			page.Pagination.Next, page.Sources = "", nil
			r.data(&page)
			if page.Pagination.TotalEntries != 5 || page.Pagination.Current == "" || len(page.Sources) > 2 {
				t.Fatalf("page %+v", page)
			}
			for _, src := range page.Sources {
				seen += src.ID
			}
		}
	}
	if seen != "abcdeabcdeabcde" {
		t.Errorf("pages show %s", seen)
	}
	s.must("GET", "/api/sources?pagination[cursor]="+page.Pagination.Current, "") // a current page can be read again
	viewer := secant.RoleViewer
	s.run([]scenario{
		{name: "the catalog too", as: viewer, method: "GET", path: "/api/catalog/sources?pagination[count]=3", status: 200, want: []string{`"next":"`, `"javascript"`}, not: []string{`"http"`}},
		{name: "more than a page holds", as: viewer, method: "GET", path: "/api/sources?pagination[count]=1000", status: 200, want: []string{`"id":"e"`}},
		{name: "none", as: viewer, method: "GET", path: "/api/sources?pagination[count]=0", status: 400, want: []string{`"field":"pagination[count]"`}},
		{name: "no number", as: viewer, method: "GET", path: "/api/sources?pagination[count]=x", status: 400},
		{name: "a made-up cursor", as: viewer, method: "GET", path: "/api/sources?pagination[cursor]=YWJj", status: 400, want: []string{`"field":"pagination[cursor]"`}},
		{name: "another list's cursor", as: viewer, method: "GET", path: "/api/catalog/sources?pagination[cursor]=" + page.Pagination.Current, status: 400, want: []string{`"field":"pagination[cursor]"`}},
	})
}
