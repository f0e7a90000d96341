package collect_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"io/fs"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	secant "github.com/secantdev/secant"
	"github.com/secantdev/secant/collect"
	"github.com/secantdev/secant/web"
)

func TestSettings(t *testing.T) {
	t.Parallel()
	public := func(s string) func(*collect.Options) { return func(o *collect.Options) { o.PublicURL = s } }
	trusting := func(o *collect.Options) {
		o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	}
	forwarded := []string{"Host: cdp.example.com", "X-Forwarded-Proto: https", "X-Forwarded-Host: events.example.com, inner"}
	tests := map[string]struct {
		change         func(*collect.Options)
		headers        []string
		host, protocol string
	}{
		"request's host":       {nil, []string{"Host: cdp.example.com:8080"}, "cdp.example.com:8080/v1", "http"},
		"proxy not trusted":    {nil, forwarded, "cdp.example.com/v1", "http"},
		"proxy trusted":        {trusting, forwarded, "events.example.com/v1", "https"},
		"public address":       {public("https://events.example.com/"), []string{"Host: inner:8080"}, "events.example.com/v1", "https"},
		"public with a path":   {public("https://example.com/cdp"), nil, "example.com/cdp/v1", "https"},
		"public without https": {public("http://10.0.0.1:8080"), nil, "10.0.0.1:8080/v1", "http"},
	}
	for name, test := range tests {
		b := start(t)
		if test.change != nil {
			b = start(t, test.change)
		}
		for _, path := range []string{"/v1/projects/wk_web/settings", "/projects/wk_web/settings", "/v1/projects/wk_web/settings/"} {
			a := b.send(t, "GET", path, "", test.headers...)
			var doc struct {
				Integrations map[string]map[string]any
				Metrics      map[string]any
			}
			if err := json.Unmarshal([]byte(a.body), &doc); err != nil || a.status != 200 {
				t.Fatalf("%s: %d %s %v", name, a.status, a.body, err)
			}
			s := doc.Integrations["Segment.io"]
			if s["apiKey"] != "wk_web" || s["apiHost"] != test.host || s["protocol"] != test.protocol || doc.Metrics["sampleRate"] != 0.0 || doc.Metrics["host"] != test.host {
				t.Errorf("%s: %s", name, a.body)
			}
			if a.header.Get("Access-Control-Allow-Origin") != "*" || a.header.Get("Access-Control-Allow-Credentials") != "" || a.header.Get("Cache-Control") == "" {
				t.Errorf("%s: %v", name, a.header)
			}
			if again := b.send(t, "GET", path, "", append(test.headers, "If-None-Match: "+a.header.Get("ETag"))...); again.status != 304 || again.body != "" {
				t.Errorf("%s: again %d %s", name, again.status, again.body)
			}
		}
	}
}

// TestSettingsShape has what the SDKs' parsers need: every key, no null, no
// consentSettings.
func TestSettingsShape(t *testing.T) {
	t.Parallel()
	a := start(t).send(t, "GET", "/v1/projects/wk_app/settings", "")
	var doc map[string]any
	if err := json.Unmarshal([]byte(a.body), &doc); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(a.body, "null") || doc["consentSettings"] != nil {
		t.Errorf("null or consentSettings in %s", a.body)
	}
	for _, key := range []string{"integrations", "plan", "edgeFunction", "middlewareSettings", "enabledMiddleware", "metrics", "autoInstrumentationSettings"} {
		if _, ok := doc[key].(map[string]any); !ok {
			t.Errorf("%s is no object: %v", key, doc[key])
		}
	}
	if at(doc, "plan.track.__default.enabled") != true || doc["analyticsNextEnabled"] != true || doc["legacyVideoPluginsEnabled"] != false || len(doc["remotePlugins"].([]any)) != 0 {
		t.Errorf("%s", a.body)
	}
	if len(doc["integrations"].(map[string]any)) != 1 {
		t.Error("more than one integration makes browsers load a chunk for nothing")
	}
}

func TestSettingsRefusesStrangeHosts(t *testing.T) {
	t.Parallel()
	b := start(t, func(o *collect.Options) { o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} })
	for _, host := range []string{`a"b`, "a b", "a/b", "<script>", strings.Repeat("a", 300), ":80"} {
		if a := b.send(t, "GET", "/v1/projects/wk_web/settings", "", "X-Forwarded-Host: "+host); a.status != 400 || codeOf(t, a) != "invalid_host" {
			t.Errorf("%q: %d %s", host, a.status, a.body)
		}
	}
}

func TestPublicURL(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"events.example.com", "ftp://x", "https://", "https://u:p@x", "https://x?y", "https://x#y", "https://a b"} {
		_, err := collect.New(collect.Options{Log: &memory{}, Workspace: fixed{secant.NewWorkspace(nil, nil)}, Observer: &refusals{}, PublicURL: s})
		if err == nil || !strings.Contains(err.Error(), "public-url") {
			t.Errorf("%q: %v", s, err)
		}
	}
}

// assets is the bundle as it was built.
func assets(t testing.TB) fs.FS {
	t.Helper()
	files, ok := web.Analytics()
	if !ok {
		t.Skip("SKIPPED: analytics.js was not built; run make web and test again")
	}
	return files
}

// thirdParties are addresses the script would ask without us.
var thirdParties = []string{"api.segment.io", "api.segment.com", "cdn.segment.com", "segmentapis.com", "cdnjs.cloudflare.com", "__SECANT_", "sourceMappingURL"}

func TestScript(t *testing.T) {
	t.Parallel()
	files := assets(t)
	b := start(t, func(o *collect.Options) { o.Assets = files })
	for _, path := range []string{"analytics.min.js", "platform/analytics.min.js", "analytics.js", "platform/analytics.js", "analytics.classic.js"} {
		a := b.send(t, "GET", "/analytics.js/v1/wk_web/"+path, "", "Host: cdp.example.com:8080")
		if a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "application/javascript") || a.header.Get("Access-Control-Allow-Origin") != "*" ||
			a.header.Get("Cache-Control") != "public, max-age=300" || a.header.Get("ETag") == "" || a.header.Get("Content-Encoding") != "" {
			t.Errorf("%s: %d %v", path, a.status, a.header)
		}
		for _, host := range thirdParties {
			if strings.Contains(a.body, host) {
				t.Errorf("%s mentions %s", path, host)
			}
		}
		for _, want := range []string{`window.analyticsWriteKey="wk_web"`, `"http://cdp.example.com:8080"`, `"cdp.example.com:8080/v1"`} {
			if !strings.Contains(a.body, want) {
				t.Errorf("%s lacks %s", path, want)
			}
		}
		z := b.send(t, "GET", "/analytics.js/v1/wk_web/"+path, "", "Host: cdp.example.com:8080", "Accept-Encoding: br, gzip;q=0.8")
		if z.header.Get("Content-Encoding") != "gzip" || unzipped(t, z.body) != a.body || !strings.Contains(z.header.Get("Vary"), "Accept-Encoding") {
			t.Errorf("%s zipped: %d %v", path, z.status, z.header)
		}
	}
	if a := b.send(t, "GET", "/analytics.js/v1/nobody/analytics.min.js", ""); a.status != 404 || codeOf(t, a) != "unknown_write_key" {
		t.Errorf("unknown key: %d %s", a.status, a.body)
	}
	secure := start(t, func(o *collect.Options) { o.Assets, o.PublicURL = files, "https://x.example" })
	if a := secure.send(t, "GET", "/analytics.js/v1/wk_web/analytics.min.js", ""); !strings.Contains(a.body, `"https://x.example"`) {
		t.Error("the public address is not used")
	}
}

func TestChunks(t *testing.T) {
	t.Parallel()
	files := assets(t)
	b := start(t, func(o *collect.Options) { o.Assets = files })
	names, err := fs.Glob(files, "*.bundle.*.js")
	if err != nil || len(names) < 8 {
		t.Fatal("chunks are missing", names, err)
	}
	for _, name := range names {
		want, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, suffix := range []string{"", ".gz"} {
			for _, accept := range []string{"identity", "gzip", "gzip;q=0"} {
				a := b.send(t, "GET", "/analytics-next/bundles/"+name+suffix, "", "Accept-Encoding: "+accept)
				body := a.body
				if zipped := suffix != "" || accept == "gzip"; zipped != (a.header.Get("Content-Encoding") == "gzip") {
					t.Errorf("%s%s for %s: %v", name, suffix, accept, a.header)
				} else if zipped {
					body = unzipped(t, body)
				}
				if a.status != 200 || body != string(want) || !strings.HasPrefix(a.header.Get("Content-Type"), "application/javascript") ||
					a.header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
					t.Errorf("%s%s for %s: %d %v", name, suffix, accept, a.status, a.header)
				}
			}
		}
		for _, host := range thirdParties {
			if bytes.Contains(want, []byte(host)) {
				t.Errorf("%s mentions %s", name, host)
			}
		}
	}
	for _, name := range []string{"standalone.js", "LICENSE", "nothing.js", "..%2f..%2fetc%2fpasswd"} {
		if a := b.send(t, "GET", "/analytics-next/bundles/"+name, ""); a.status != 404 {
			t.Errorf("%s: %d", name, a.status)
		}
	}
}

// TestChunksAreThere makes sure that the script can load every part it knows.
func TestChunksAreThere(t *testing.T) {
	t.Parallel()
	files := assets(t)
	script, err := fs.ReadFile(files, "standalone.js")
	if err != nil {
		t.Fatal(err)
	}
	hashes := regexp.MustCompile(`"([0-9a-f]{20})"`).FindAllSubmatch(script, -1)
	if len(hashes) == 0 {
		t.Fatal("the script names no parts")
	}
	for _, h := range hashes {
		if names, _ := fs.Glob(files, "*.bundle."+string(h[1])+".js"); len(names) != 1 {
			t.Errorf("part %s is missing", h[1])
		}
	}
}

func unzipped(t *testing.T, s string) string {
	t.Helper()
	z, err := gzip.NewReader(strings.NewReader(s))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
