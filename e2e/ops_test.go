package e2e

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/secantdev/secant/internal/testkit"
	"github.com/secantdev/secant/web"
)

// TestOperations looks at what operators and their machines look at.
func TestOperations(t *testing.T) {
	t.Parallel()
	sink := testkit.NewSink(t)
	s := testkit.Start(t, testkit.Options{Config: one(sink.URL("/hook"))})
	s.MustPost(t, "/v1/track", "wk_web", track("seen"))
	sink.Wait(t, 15*time.Second, "seen")
	get := func(path string) (int, string) {
		t.Helper()
		resp, err := s.Client.Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(text)
	}
	for _, path := range []string{"/livez", "/readyz"} {
		if status, text := get(path); status != http.StatusOK {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
	status, text := get("/metrics")
	if status != http.StatusOK || !strings.Contains(text, "\nsecant_") || !strings.Contains(text, "\ngo_goroutines ") {
		t.Errorf("/metrics: %d\n%s", status, text)
	}
	for _, path := range []string{"/api/status", "/api/sources", "/api/events", "/api/workspace"} {
		if status, _ := get(path); status != http.StatusUnauthorized {
			t.Errorf("%s without a token: %d, want 401", path, status)
		}
	}
	if status, _ := get("/v1/projects/nobody/settings"); status != http.StatusNotFound {
		t.Errorf("settings of an unknown key: %d, want 404", status)
	}
}

// TestStrictWriteKeys: unknown keys are a 200 and a count unless the operator
// wants them refused.
func TestStrictWriteKeys(t *testing.T) {
	t.Parallel()
	lenient := testkit.Start(t, testkit.Options{})
	lenient.MustPost(t, "/v1/track", "wk_nobody", track("x"))
	strict := testkit.Start(t, testkit.Options{Args: []string{"--strict-write-keys"}})
	status, _, text, err := strict.Post("/v1/track", "wk_nobody", []byte(track("x")))
	if err != nil || status != http.StatusUnauthorized || !strings.Contains(text, `"code"`) {
		t.Errorf("strict: %d %s (%v), want 401 with the error body", status, text, err)
	}
	for _, s := range []*testkit.Server{lenient, strict} {
		var out struct {
			Refused []struct {
				WriteKey string
				N        int
			}
		}
		testkit.WaitFor(t, 10*time.Second, "the unknown key to be shown", func() (bool, string) {
			s.API(t, http.MethodGet, "/api/refused", nil, &out)
			return len(out.Refused) == 1 && out.Refused[0].WriteKey == "wk_nobody" && out.Refused[0].N == 1, text
		})
	}
}

// TestFilesArePrivate: what the data directory holds is for its owner, even when
// the directory itself was made open to others.
func TestFilesArePrivate(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s := testkit.Start(t, testkit.Options{Dir: dir, Config: one("http://127.0.0.1:1/")})
	s.MustPost(t, "/v1/track", "wk_web", `{"event":"Private","userId":"u1"}`)
	seen := 0
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			continue // a journal that is gone again
		}
		seen++
		if mode := info.Mode().Perm(); mode&0o077 != 0 {
			t.Errorf("%s has mode %s", entry.Name(), mode)
		}
	}
	if seen < 6 {
		t.Errorf("looked at %d files only", seen)
	}
}

// TestAdminListen: with an address of its own, the admin surface is nowhere on
// the collector's.
func TestAdminListen(t *testing.T) {
	t.Parallel()
	admin, err := testkit.FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	s := testkit.Start(t, testkit.Options{Args: []string{"--demo", "--admin-listen", admin}})
	console := http.StatusOK
	if _, built := web.Console(); !built { // Go was run without make
		console = http.StatusNotFound
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, c := range []struct {
		base, method, path string
		status             int
	}{
		{s.URL, "GET", "/demo/", 200},
		{s.URL, "GET", "/v1/projects/wk_demo_shop/settings", 200},
		{s.URL, "GET", "/readyz", 200},
		{s.URL, "GET", "/sources/demo-shop/debugger", 302}, // to the console
		{s.URL, "GET", "/", 404},
		{s.URL, "GET", "/api/setup", 404},
		{s.URL, "GET", "/metrics", 404},
		{s.URL, "GET", "/debug/pprof/", 404},
		{"http://" + admin, "GET", "/", console},
		{"http://" + admin, "GET", "/sources", console},
		{"http://" + admin, "GET", "/api/setup", 200},
		{"http://" + admin, "GET", "/metrics", 200},
		{"http://" + admin, "GET", "/readyz", 200},
		{"http://" + admin, "POST", "/v1/track", 405},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, c.base+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != c.status {
			t.Errorf("%s %s: status %d, want %d", c.method, c.base+c.path, resp.StatusCode, c.status)
		}
	}
}
