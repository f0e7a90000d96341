package collect_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	secant "github.com/secantdev/secant"
)

var singleRoutes = map[string]secant.EventType{
	"track": secant.TypeTrack, "t": secant.TypeTrack, "identify": secant.TypeIdentify, "i": secant.TypeIdentify,
	"page": secant.TypePage, "p": secant.TypePage, "screen": secant.TypeScreen, "s": secant.TypeScreen,
	"group": secant.TypeGroup, "g": secant.TypeGroup, "alias": secant.TypeAlias, "a": secant.TypeAlias,
}

// event is valid as any type.
const event = `{"writeKey":"wk_server","userId":"u","previousId":"p","groupId":"g","event":"E","name":"N","type":"nonsense"}`

func TestSingleRoutes(t *testing.T) {
	t.Parallel()
	b := start(t)
	for name, kind := range singleRoutes {
		for _, path := range []string{"/v1/" + name, "/v1/" + name + "/", "/" + name, "/" + name + "/", "//v1//" + name} {
			r := b.one(t, path, event)
			if r.Type != kind || r.Reason != "" || r.Source != "server" {
				t.Errorf("%s: %s %q from %s", path, r.Type, r.Reason, r.Source)
			}
			var e struct{ Type string }
			if err := json.Unmarshal(r.JSON, &e); err != nil || e.Type != kind.String() {
				t.Errorf("%s: %s", path, r.JSON)
			}
		}
	}
}

func TestBatchRoutes(t *testing.T) {
	t.Parallel()
	b := start(t)
	body := `{"batch":[{"type":"track","userId":"1","event":"A"},{"type":"page","userId":"1"}],"writeKey":"wk_server"}`
	for _, path := range []string{
		"/v1/batch", "/v1/batch/", "/v1/import", "/v1/import/", "/v1/b", "/v1/b/", "/v1", "/v1/",
		"/batch", "/batch/", "/import", "/import/", "/b", "/b/", "/", "//v1/batch", "/v1//b",
	} {
		if a := b.send(t, "POST", path, body); a.status != 200 || a.body != success {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
		recs := b.log.take()
		if len(recs) != 2 || recs[0].Type != secant.TypeTrack || recs[1].Type != secant.TypePage {
			t.Errorf("%s: %d records", path, len(recs))
		}
	}
}

func TestMetricsRoute(t *testing.T) {
	t.Parallel()
	b := start(t)
	for _, path := range []string{"/v1/m", "/v1/m/", "/m"} {
		a := b.send(t, "POST", path, `{"series":[{"type":"Counter","metric":"analytics_js.invoke","value":1,"tags":{}}]}`, "Content-Type: text/plain", "Origin: https://a.example")
		if a.status != 200 || a.body != success || a.header.Get("Access-Control-Allow-Origin") != "https://a.example" {
			t.Errorf("%s: %d %s %v", path, a.status, a.body, a.header)
		}
	}
	if n := len(b.log.take()) + len(b.refusals.take()); n != 0 {
		t.Errorf("metrics left %d traces", n)
	}
}

func TestOtherAddresses(t *testing.T) {
	t.Parallel()
	b := start(t)
	tests := []struct {
		method, path string
		status       int
		code         string
	}{
		{"GET", "/v1/track", 405, "method_not_allowed"},
		{"PUT", "/v1/batch", 405, "method_not_allowed"},
		{"DELETE", "/v1/b/", 405, "method_not_allowed"},
		{"PATCH", "/v1/m", 405, "method_not_allowed"},
		{"POST", "/v1/pixel/track", 405, "method_not_allowed"},
		{"POST", "/v1/projects/WK/settings", 405, "method_not_allowed"},
		{"POST", "/v1/nothing", 404, "not_found"},
		{"GET", "/v1/nothing/deep", 404, "not_found"},
		{"GET", "/projects/x", 404, "not_found"},
		{"GET", "/next-integrations/integrations/x/1/x.dynamic.js.gz", 404, "not_found"},
		{"GET", "/analytics.js/v1/WK/other.js", 404, "not_found"},
		{"GET", "/v1/projects/nobody/settings", 404, "unknown_write_key"},
		{"GET", "/analytics.js/v1/WK/analytics.min.js", 404, "not_built"},
		{"GET", "/analytics-next/bundles/x.js", 404, "not_built"},
	}
	for _, test := range tests {
		a := b.send(t, test.method, test.path, "", "Origin: https://a.example")
		if a.status != test.status || codeOf(t, a) != test.code || a.header.Get("Access-Control-Allow-Origin") == "" {
			t.Errorf("%s %s: %d %s %v", test.method, test.path, a.status, a.body, a.header)
		}
		if test.status == http.StatusMethodNotAllowed && !strings.Contains(a.header.Get("Allow"), "OPTIONS") {
			t.Errorf("%s %s: Allow is %q", test.method, test.path, a.header.Get("Allow"))
		}
	}
	if a := b.send(t, "GET", "/", ""); a.body != "console" {
		t.Errorf("GET / is not the console's: %s", a.body)
	}
	if a := b.send(t, "GET", "/batch", ""); a.body != "console" {
		t.Errorf("GET /batch is not the console's: %s", a.body)
	}
}

// codeOf checks an error body against what every SDK wants of it.
func codeOf(t *testing.T, a answer) string {
	t.Helper()
	var e struct {
		Success              *bool
		Error, Code, Message string
	}
	if err := json.Unmarshal([]byte(a.body), &e); err != nil || e.Success == nil || *e.Success ||
		e.Error == "" || e.Code == "" || e.Message != e.Error || a.header.Get("Content-Type") != "application/json" {
		t.Errorf("not the error body: %d %s %v", a.status, a.body, a.header)
	}
	return e.Code
}

func TestCORS(t *testing.T) {
	t.Parallel()
	b := start(t)
	const origin = "https://shop.example"
	paths := []string{"/v1/t", "/v1/track/", "/v1/b", "/v1/batch", "/v1/import/", "/v1/m", "/b", "/", "/v1/pixel/track", "/v1/projects/WK/settings", "/projects/WK/settings", "/v1/nothing"}
	for _, path := range paths {
		a := b.send(t, "OPTIONS", path, "", "Origin: "+origin, "Access-Control-Request-Method: POST",
			"Access-Control-Request-Headers: authorization,x-retry-count,x-mine", "Access-Control-Request-Private-Network: true")
		h := a.header
		if a.status != 200 || h.Get("Access-Control-Allow-Origin") != origin || h.Get("Access-Control-Allow-Credentials") != "true" ||
			h.Get("Access-Control-Allow-Methods") != "GET, POST, OPTIONS" || h.Get("Access-Control-Max-Age") != "86400" ||
			h.Get("Access-Control-Allow-Headers") != "Authorization, Content-Type, X-Retry-Count, x-mine" ||
			h.Get("Access-Control-Allow-Private-Network") != "true" || !strings.Contains(h.Get("Vary"), "Origin") {
			t.Errorf("OPTIONS %s: %d %v", path, a.status, h)
		}
		if a := b.send(t, "OPTIONS", path, ""); a.status != 200 || a.header.Get("Access-Control-Allow-Origin") != "*" || a.header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("OPTIONS %s without an origin: %d %v", path, a.status, a.header)
		}
	}
	bodies := map[string]string{"success": event, "bad JSON": `{`, "no key": `{}`, "too large": `{"a":"` + strings.Repeat("x", 40<<10) + `"}`}
	for name, body := range bodies {
		a := b.send(t, "POST", "/v1/t", body, "Origin: "+origin)
		if a.header.Get("Access-Control-Allow-Origin") != origin || a.header.Get("Access-Control-Allow-Credentials") != "true" ||
			a.header.Get("Access-Control-Expose-Headers") != "Retry-After, X-RateLimit-Reset" || a.header.Get("Vary") != "Origin" {
			t.Errorf("%s: %d %v", name, a.status, a.header)
		}
		if a := b.send(t, "POST", "/v1/t", body); a.header.Get("Access-Control-Allow-Origin") != "*" || a.header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s without an origin: %v", name, a.header)
		}
	}
}
