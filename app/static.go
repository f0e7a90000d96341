package app

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

// pagePolicy is the content security policy of the console and the demo shop:
// nothing inline, nothing from elsewhere, no frames.
const pagePolicy = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// pages serves an embedded single-page application: files by their name, and
// index.html for every other path, so that deep links work. Files below assets/
// have their hash in the name and are kept by browsers for ever.
type pages struct {
	files  fs.FS
	prefix string // path that the application lives below, ending in /

	mu     sync.Mutex
	loaded map[string]*page
}

type page struct {
	body, zipped []byte
	contentType  string
	etag         string
}

func newPages(files fs.FS, prefix string) *pages {
	return &pages{files: files, prefix: prefix, loaded: map[string]*page{}}
}

// ServeHTTP answers GET and HEAD.
func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(path.Clean("/"+strings.TrimPrefix(r.URL.Path, p.prefix)), "/")
	immutable := strings.HasPrefix(name, "assets/")
	file := p.load(name)
	if file == nil && immutable {
		http.NotFound(w, r)
		return
	}
	if file == nil {
		if file = p.load("index.html"); file == nil {
			http.NotFound(w, r)
			return
		}
	}
	h := w.Header()
	h.Set("Content-Type", file.contentType)
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "no-cache")
	if immutable {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	body := file.body
	etag := file.etag
	if file.zipped != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body, etag = file.zipped, strings.TrimSuffix(etag, `"`)+`-gzip"`
	}
	h.Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

// load returns a file, read and compressed once, or nil.
func (p *pages) load(name string) *page {
	p.mu.Lock()
	defer p.mu.Unlock()
	if file, ok := p.loaded[name]; ok {
		return file
	}
	f, err := p.files.Open(name)
	if err != nil {
		return nil // not remembered: paths are the visitor's choice
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.IsDir() {
		return nil
	}
	body, err := io.ReadAll(f)
	if err != nil {
		return nil
	}
	sum := sha256.Sum256(body)
	file := &page{body: body, etag: `"` + hex.EncodeToString(sum[:12]) + `"`, contentType: mime.TypeByExtension(path.Ext(name))}
	if file.contentType == "" {
		file.contentType = "application/octet-stream"
	}
	if len(body) > 1024 && compressible(file.contentType) {
		var zipped bytes.Buffer
		zw, _ := gzip.NewWriterLevel(&zipped, gzip.BestCompression) // the level is valid
		_, _ = zw.Write(body)                                       // a buffer takes every write
		_ = zw.Close()
		file.zipped = zipped.Bytes()
	}
	p.loaded[name] = file
	return file
}

func compressible(contentType string) bool {
	for _, kind := range []string{"text/", "javascript", "json", "svg", "xml"} {
		if strings.Contains(contentType, kind) {
			return true
		}
	}
	return false
}

// unbuiltConsole answers when the binary was built without the web bundles.
func unbuiltConsole(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusNotFound)
	_, _ = io.WriteString(w, "This binary was built without the console. The collector and the API work.\n"+
		"To build it in: install Node.js, then run make build.\n")
}
