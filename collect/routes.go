package collect

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	secant "github.com/secantdev/secant"
	"github.com/secantdev/secant/internal/route"
)

// eventPaths are the addresses that take one event of a type, below /v1 and at
// the root, for SDKs configured with a host that lacks the /v1.
var eventPaths = []struct {
	path string
	kind secant.EventType
}{
	{"track", secant.TypeTrack}, {"t", secant.TypeTrack},
	{"identify", secant.TypeIdentify}, {"i", secant.TypeIdentify},
	{"page", secant.TypePage}, {"p", secant.TypePage},
	{"screen", secant.TypeScreen}, {"s", secant.TypeScreen},
	{"group", secant.TypeGroup}, {"g", secant.TypeGroup},
	{"alias", secant.TypeAlias}, {"a", secant.TypeAlias},
}

// batchPaths are those that take a batch.
var batchPaths = []string{"batch", "import", "b"}

// methods are those that a client may try; each gets an answer in JSON that a
// page may read. They are named one by one, as http.ServeMux does not allow
// "every method here" beside "GET everywhere".
var methods = []string{"GET", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"}

// Routes returns the collector's endpoints for the one table of the server: all
// of /v1, the CDN's addresses, and by POST the root aliases. Every address works
// with and without a slash at its end and none redirects; wrap the server's mux
// in Slashes, so that this holds for doubled slashes too. A "GET /" elsewhere in
// the table is fine.
func (c *Collector) Routes() []route.Route {
	var t table
	for _, e := range eventPaths {
		h := c.guard("POST", ingest{c, e.kind})
		t.all("/v1/"+e.path, h)
		t.post("/"+e.path, h)
	}
	for _, p := range batchPaths {
		h := c.guard("POST", ingest{c, secant.TypeUnknown})
		t.all("/v1/"+p, h)
		t.post("/"+p, h)
	}
	// React Native with a proxy sends its batches to the proxy's bare address.
	t.add([]string{"POST", "OPTIONS"}, "/{$}", c.guard("POST", ingest{c, secant.TypeUnknown}))
	t.all("/v1", c.guard("POST", ingest{c, secant.TypeUnknown}))

	metrics := c.guard("POST", http.HandlerFunc(c.metrics))
	t.all("/v1/m", metrics)
	t.post("/m", metrics)

	for _, e := range eventPaths {
		if e.path == e.kind.String() {
			t.all("/v1/pixel/"+e.path, c.guard("GET", pixel{c, e.kind}))
		}
	}
	t.all("/v1/pixel/{type}", c.guard("GET", pixel{c, secant.TypeUnknown}))

	settings := c.guard("GET", http.HandlerFunc(c.settings))
	t.all("/v1/projects/{writeKey}/settings", settings)
	t.all("/projects/{writeKey}/settings", settings)

	script := c.guard("GET", http.HandlerFunc(c.script))
	for _, file := range []string{"analytics.min.js", "analytics.js", "analytics.classic.js"} {
		t.all("/analytics.js/v1/{writeKey}/"+file, script)
		t.all("/analytics.js/v1/{writeKey}/platform/"+file, script)
	}
	t.all("/analytics-next/bundles/{file}", c.guard("GET", http.HandlerFunc(c.chunk)))

	nothing := c.guard("", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { errNotFound.write(w) }))
	for _, tree := range []string{"/v1/", "/projects/", "/analytics.js/", "/analytics-next/", "/next-integrations/"} {
		t.add(methods, tree+"{rest...}", nothing)
	}
	return t.routes
}

type table struct{ routes []route.Route }

func (t *table) add(methods []string, pattern string, h http.Handler) {
	for _, m := range methods {
		t.routes = append(t.routes, route.Route{Method: m, Pattern: pattern, Handler: h})
	}
}

// all adds path with and without a slash at its end.
func (t *table) all(path string, h http.Handler) {
	t.add(methods, path, h)
	t.add(methods, path+"/{$}", h)
}

// post does so for addresses that belong to someone else by GET.
func (t *table) post(path string, h http.Handler) {
	t.add([]string{"POST", "OPTIONS"}, path, h)
	t.add([]string{"POST", "OPTIONS"}, path+"/{$}", h)
}

// guard wraps a handler for one method ("" for all) in what all have in common:
// a page may read every answer, preflights are answered, and a mistake of ours
// costs one request.
func (c *Collector) guard(method string, next http.Handler) http.Handler {
	allowed := method + ", OPTIONS"
	if method == "GET" {
		allowed = "GET, HEAD, OPTIONS"
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "OPTIONS" {
			preflight(w, r)
			return
		}
		allowOrigin(w.Header(), r)
		defer func() {
			if trouble := recover(); trouble != nil {
				if err, ok := trouble.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(trouble)
				}
				c.logger.Error("collector panicked", "path", r.URL.Path, "panic", trouble)
				errInternal.write(w)
			}
		}()
		if method != "" && r.Method != method && (method != "GET" || r.Method != "HEAD") {
			w.Header()["Allow"] = []string{allowed}
			errMethod.write(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// metrics takes the telemetry that SDKs send about themselves, and throws it
// away: a refusal would make them try again.
func (c *Collector) metrics(w http.ResponseWriter, r *http.Request) {
	q := singles.Get().(*request)
	_, refused := c.readBody(w, r, q, c.limits.Batch, "the body")
	q.release(&singles)
	if refused != nil && refused.status == http.StatusRequestTimeout {
		refused.write(w)
		return
	}
	succeed(w)
}

// Slashes makes doubled slashes in paths single ones before next sees them. A
// host configured as "https://example.com/" makes SDKs ask for "//v1/batch",
// which http.ServeMux would answer with a redirect that SDKs do not follow.
func Slashes(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "//") {
			u := *r.URL
			u.Path = single(u.Path)
			u.RawPath = single(u.RawPath)
			copied := *r
			copied.URL = &u
			r = &copied
		}
		next.ServeHTTP(w, r)
	})
}

func single(path string) string {
	b := []byte(path)
	return string(slices.CompactFunc(b, func(a, b byte) bool { return a == '/' && b == '/' }))
}
