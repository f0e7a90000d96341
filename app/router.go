package app

import (
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"

	"github.com/secantdev/secant/internal/route"
)

// router is one listener's table. A path without a wildcard is looked up as it
// was sent, so that neither cleaning nor a trailing slash ever redirects a POST:
// SDKs do not follow. Everything else is http.ServeMux's.
type router struct {
	exact  map[string]map[string]http.Handler // path, then method; method "" is every other
	mux    *http.ServeMux
	logger *slog.Logger
}

// newRouter builds the table. Two routes for the same method and path are a
// programming error and panic, at start.
func newRouter(logger *slog.Logger, routes []route.Route) *router {
	t := &router{exact: map[string]map[string]http.Handler{}, mux: http.NewServeMux(), logger: logger}
	for _, r := range routes {
		path, whole := strings.CutSuffix(r.Pattern, "{$}")
		if strings.Contains(path, "{") || (strings.HasSuffix(path, "/") && !whole) {
			pattern := r.Pattern
			if r.Method != "" {
				pattern = r.Method + " " + pattern
			}
			t.mux.Handle(pattern, r.Handler)
			continue
		}
		methods := t.exact[path]
		if methods == nil {
			methods = map[string]http.Handler{}
			t.exact[path] = methods
		}
		if methods[r.Method] != nil {
			panic("app: two routes for " + r.Method + " " + path)
		}
		methods[r.Method] = r.Handler
	}
	return t
}

// ServeHTTP dispatches. A panic of a handler is logged and answered with 500; it
// never ends the server.
func (t *router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		failure := recover()
		if failure == nil {
			return
		}
		if failure == http.ErrAbortHandler { //nolint:errorlint // net/http panics with this very value
			panic(failure)
		}
		t.logger.Error("handler panicked", "method", r.Method, "path", r.URL.Path, "panic", failure, "stack", string(debug.Stack()))
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = w.Write([]byte(`{"success":false,"error":"internal error","code":"internal","message":"internal error"}`))
	}()
	if methods, ok := t.exact[r.URL.Path]; ok {
		if h := methods[r.Method]; h != nil {
			h.ServeHTTP(w, r)
			return
		}
		if r.Method == http.MethodHead && methods[http.MethodGet] != nil {
			methods[http.MethodGet].ServeHTTP(w, r)
			return
		}
		if h := methods[""]; h != nil {
			h.ServeHTTP(w, r)
			return
		}
	}
	t.mux.ServeHTTP(w, r)
}
