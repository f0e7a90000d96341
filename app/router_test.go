package app

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/secantdev/secant/internal/route"
)

func answer(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) })
}

func TestRouter(t *testing.T) {
	t.Parallel()
	r := newRouter(slog.New(slog.DiscardHandler), []route.Route{
		{Method: "POST", Pattern: "/v1/import", Handler: answer("import")},
		{Method: "POST", Pattern: "/v1/import/{$}", Handler: answer("import/")},
		{Method: "POST", Pattern: "/{$}", Handler: answer("batch")},
		{Pattern: "/v1/batch", Handler: answer("any method")},
		{Method: "GET", Pattern: "/v1/projects/{key}/settings", Handler: answer("settings")},
		{Method: "GET", Pattern: "/", Handler: answer("console")},
		{Method: "GET", Pattern: "/panic", Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") })},
	})
	for _, c := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"POST", "/v1/import", 200, "import"},
		{"POST", "/v1/import/", 200, "import/"},
		{"POST", "/", 200, "batch"},
		{"GET", "/", 200, "console"},
		{"GET", "/sources/a", 200, "console"},
		{"DELETE", "/v1/batch", 200, "any method"},
		{"GET", "/v1/projects/k/settings", 200, "settings"},
		{"HEAD", "/v1/batch", 200, "any method"},
		{"POST", "/nowhere", 405, ""},
		{"GET", "/panic", 500, ""},
	} {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest(c.method, c.path, nil))
		if w.Code != c.status {
			t.Errorf("%s %s: status %d, want %d", c.method, c.path, w.Code, c.status)
		}
		if c.body != "" && w.Body.String() != c.body {
			t.Errorf("%s %s: body %q, want %q", c.method, c.path, w.Body, c.body)
		}
	}
}

func TestRouterRefusesTwins(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("two routes for one path were accepted")
		}
	}()
	newRouter(slog.New(slog.DiscardHandler), []route.Route{
		{Method: "GET", Pattern: "/a", Handler: answer("")},
		{Method: "GET", Pattern: "/a", Handler: answer("")},
	})
}
