package app

import (
	"compress/gzip"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func TestPages(t *testing.T) {
	t.Parallel()
	script := strings.Repeat("console.log(1);\n", 200)
	p := newPages(fstest.MapFS{
		"index.html":           {Data: []byte("<!doctype html>home")},
		"assets/app-abc123.js": {Data: []byte(script)},
		"logo.svg":             {Data: []byte("<svg/>")},
	}, "/demo/")
	for _, c := range []struct {
		path, contentType, cache, body string
		status                         int
	}{
		{"/demo/", "text/html; charset=utf-8", "no-cache", "home", 200},
		{"/demo/cart/checkout", "text/html; charset=utf-8", "no-cache", "home", 200},
		{"/demo/../../etc/passwd", "text/html; charset=utf-8", "no-cache", "home", 200},
		{"/demo/logo.svg", "image/svg+xml", "no-cache", "<svg/>", 200},
		{"/demo/assets/app-abc123.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", script, 200},
		{"/demo/assets/gone.js", "", "", "", 404},
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/demo/", nil)
		r.URL.Path = c.path
		p.ServeHTTP(w, r)
		if w.Code != c.status {
			t.Errorf("%s: status %d, want %d", c.path, w.Code, c.status)
		}
		if c.status != 200 {
			continue
		}
		if got := w.Header().Get("Content-Type"); got != c.contentType {
			t.Errorf("%s: content type %q, want %q", c.path, got, c.contentType)
		}
		if got := w.Header().Get("Cache-Control"); got != c.cache {
			t.Errorf("%s: cache %q, want %q", c.path, got, c.cache)
		}
		if !strings.Contains(w.Body.String(), c.body) {
			t.Errorf("%s: body %q lacks %q", c.path, w.Body, c.body)
		}
		policy := w.Header().Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'self'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", c.path, policy)
		}
	}
}

func TestPagesCompressAndRevalidate(t *testing.T) {
	t.Parallel()
	script := strings.Repeat("console.log(1);\n", 200)
	p := newPages(fstest.MapFS{"a.js": {Data: []byte(script)}}, "/")
	r := httptest.NewRequest("GET", "/a.js", nil)
	r.Header.Set("Accept-Encoding", "gzip, br")
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	if w.Header().Get("Content-Encoding") != "gzip" || w.Body.Len() >= len(script) {
		t.Fatalf("not compressed: %v, %d bytes", w.Header(), w.Body.Len())
	}
	zr, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(zr)
	if err != nil || string(got) != script {
		t.Fatalf("decompressed to %d bytes, %v", len(got), err)
	}
	r.Header.Set("If-None-Match", w.Header().Get("ETag"))
	again := httptest.NewRecorder()
	p.ServeHTTP(again, r)
	if again.Code != 304 || again.Body.Len() != 0 {
		t.Errorf("revalidation: status %d with %d bytes", again.Code, again.Body.Len())
	}
}
