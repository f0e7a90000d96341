package collect

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
)

// The marks that web/analytics leaves in the script for what only a request
// tells.
const (
	markKey      = "__WRITE_KEY__"
	markOrigin   = "__SECANT_ORIGIN__"
	markAPIHost  = "__SECANT_API_HOST__"
	markProtocol = "__SECANT_PROTOCOL__"
)

// bundle is analytics.js: the script with marks to fill in, and the parts it
// loads when it needs them.
type bundle struct {
	template []byte
	chunks   map[string]chunk

	mu       sync.Mutex
	rendered map[renderKey]*script // bounded: it starts afresh when full
}

type chunk struct{ plain, zipped []byte }

type renderKey struct{ writeKey, origin string }

// script is the bundle as one source and host get it.
type script struct{ plain, zipped []byte }

// maxRendered bounds the scripts kept. Whoever asks for more hosts than that
// makes us zip again, no more.
const maxRendered = 64

func loadBundle(files fs.FS) (*bundle, error) {
	b := &bundle{chunks: map[string]chunk{}, rendered: map[renderKey]*script{}}
	names, err := fs.Glob(files, "*.js")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		plain, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		if name == "standalone.js" {
			b.template = plain
			continue
		}
		zipped, err := fs.ReadFile(files, name+".gz")
		if errors.Is(err, fs.ErrNotExist) {
			zipped, err = zip(plain)
		}
		if err != nil {
			return nil, err
		}
		b.chunks[name] = chunk{plain, zipped}
	}
	if b.template == nil {
		return nil, fmt.Errorf("standalone.js: %w", fs.ErrNotExist)
	}
	for _, mark := range []string{markKey, markOrigin, markAPIHost, markProtocol} {
		if !bytes.Contains(b.template, []byte(mark)) {
			return nil, fmt.Errorf("standalone.js lacks the mark %s: build it with web/analytics", mark)
		}
	}
	return b, nil
}

// render fills in the marks. Both arguments hold only characters that need no
// escaping: keys and hosts are checked where they come in.
func (b *bundle) render(writeKey string, origin *publicURL) (*script, error) {
	key := renderKey{writeKey, origin.String()}
	b.mu.Lock()
	s := b.rendered[key]
	b.mu.Unlock()
	if s != nil {
		return s, nil
	}
	plain := strings.NewReplacer(
		markKey, inString(writeKey), markOrigin, inString(origin.String()),
		markAPIHost, inString(origin.host+"/v1"), markProtocol, origin.scheme,
	).Replace(string(b.template))
	zipped, err := zip([]byte(plain))
	if err != nil {
		return nil, err
	}
	s = &script{[]byte(plain), zipped}
	b.mu.Lock()
	if len(b.rendered) >= maxRendered {
		clear(b.rendered)
	}
	b.rendered[key] = s
	b.mu.Unlock()
	return s, nil
}

// inString returns s as it may stand in a JavaScript string of either quote.
func inString(s string) string {
	b, _ := json.Marshal(s) // a string always can
	return strings.ReplaceAll(string(b[1:len(b)-1]), "'", `\u0027`)
}

func zip(plain []byte) ([]byte, error) {
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	if _, err := z.Write(plain); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// script serves analytics.js for one source.
func (c *Collector) script(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	anyPage(h)
	key := r.PathValue("writeKey")
	origin := c.origin(r)
	switch {
	case c.bundle == nil:
		errNoBundle.write(w)
		return
	case c.workspace.Workspace().SourceByWriteKey(key) == nil:
		(&refusal{status: http.StatusNotFound, code: errUnknownKey.code, message: errUnknownKey.message}).write(w)
		return
	case origin == nil:
		errHost.write(w)
		return
	}
	s, err := c.bundle.render(key, origin)
	if err != nil {
		c.logger.Error("browser bundle could not be zipped", "error", err)
		errInternal.write(w)
		return
	}
	c.serveScript(w, r, s.plain, s.zipped, "public, max-age=300")
}

// chunk serves the parts that analytics.js loads later. Their names contain a
// hash of what is in them, so they never change. An address that ends in .gz
// means the same part, which a browser must get as a script nevertheless.
func (c *Collector) chunk(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	anyPage(h)
	if c.bundle == nil {
		errNoBundle.write(w)
		return
	}
	name := path.Base(r.PathValue("file"))
	part, ok := c.bundle.chunks[strings.TrimSuffix(name, ".gz")]
	if !ok {
		errNotFound.write(w)
		return
	}
	if strings.HasSuffix(name, ".gz") {
		part.plain = nil
	}
	c.serveScript(w, r, part.plain, part.zipped, "public, max-age=31536000, immutable")
}

// serveScript serves a script as the client wants it; plain is nil when it must
// be zipped.
func (c *Collector) serveScript(w http.ResponseWriter, r *http.Request, plain, zipped []byte, cache string) {
	h := w.Header()
	h["Content-Type"] = []string{"application/javascript; charset=utf-8"}
	h["X-Content-Type-Options"] = []string{"nosniff"}
	h["Vary"] = []string{"Accept-Encoding, Origin"}
	if plain == nil || acceptsGzip(r) {
		h["Content-Encoding"] = []string{"gzip"}
		plain = zipped
	}
	serve(w, r, plain, cache)
}

func acceptsGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(strings.Join(r.Header["Accept-Encoding"], ","), ",") {
		name, params, _ := strings.Cut(coding, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			q := strings.ReplaceAll(params, " ", "")
			return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
		}
	}
	return false
}
