package egress

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"
	"unicode/utf8"
)

// maxTraceBody is how much of a body an Exchange shows.
const maxTraceBody = 16 << 10

type traceKey struct{}

// WithTrace records in t every exchange of requests made with the returned
// context, each redirect by itself.
func WithTrace(ctx context.Context, t *Trace) context.Context {
	return context.WithValue(ctx, traceKey{}, t)
}

// Trace records exchanges. It holds on to requests as they are and renders them
// only when asked, so recording every request is cheap. The zero value is
// ready; it is safe for concurrent use.
type Trace struct {
	// Secrets are values that must not be shown wherever they appear. Set them
	// before the first request. Values under 4 bytes are not looked for: hiding
	// every "1" would hide the rest too.
	Secrets []string
	// SecretHeaders name headers whose values must not be shown, however short
	// they are, besides those that SecretName recognises. Case does not matter.
	// Set them before the first request.
	SecretHeaders []string

	mu   sync.Mutex
	hops []*record
}

// record is one request under way or done.
type record struct {
	t     *Trace
	req   *http.Request
	start time.Time
	end   time.Time
	resp  *http.Response
	err   error
	body  []byte // start of the response's body, at most maxTraceBody+1
}

func (t *Trace) begin(req *http.Request) *record {
	r := &record{t: t, req: req, start: time.Now()}
	t.mu.Lock()
	t.hops = append(t.hops, r)
	t.mu.Unlock()
	return r
}

func (r *record) answered(resp *http.Response, err error) {
	r.t.mu.Lock()
	defer r.t.mu.Unlock()
	r.end, r.resp, r.err = time.Now(), resp, err
	if resp != nil && resp.Body != nil {
		resp.Body = &tee{ReadCloser: resp.Body, r: r}
	}
}

// tee keeps the start of a body as it is read.
type tee struct {
	io.ReadCloser
	r *record
}

func (t *tee) Read(p []byte) (int, error) {
	n, err := t.ReadCloser.Read(p)
	t.r.t.mu.Lock()
	defer t.r.t.mu.Unlock()
	t.r.end = time.Now()
	if room := maxTraceBody + 1 - len(t.r.body); room > 0 && n > 0 {
		t.r.body = append(t.r.body, p[:min(n, room)]...)
	}
	if err != nil && err != io.EOF {
		t.r.err = err
	}
	return n, err
}

// Redact returns s without the trace's secrets.
func (t *Trace) Redact(s string) string { return newRedactor(t.Secrets, nil).text(s) }

// Len returns how many exchanges were recorded.
func (t *Trace) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.hops)
}

// Exchanges returns what was recorded, in order.
func (t *Trace) Exchanges() []Exchange {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := make([]Exchange, len(t.hops))
	for i, r := range t.hops {
		list[i] = r.exchange()
	}
	return list
}

// Last returns the last exchange, or nil.
func (t *Trace) Last() *Exchange {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.hops) == 0 {
		return nil
	}
	e := t.hops[len(t.hops)-1].exchange()
	return &e
}

// exchange renders r for people. The trace is locked.
func (r *record) exchange() Exchange {
	hide := newRedactor(r.t.Secrets, r.t.SecretHeaders)
	e := Exchange{
		Request: Request{
			Method:  r.req.Method,
			URL:     hide.url(r.req.URL),
			Headers: hide.header(r.req.Header),
		},
		StartedAt: r.start.UTC(),
	}
	e.Request.Body, e.Request.Truncated = hide.body(requestBody(r.req))
	if !r.end.IsZero() {
		e.DurationMs = float64(r.end.Sub(r.start).Microseconds()) / 1000
	}
	if r.err != nil {
		e.Error = hide.text(r.err.Error())
	}
	if r.resp != nil {
		e.Response = &Response{Status: r.resp.StatusCode, Headers: hide.header(r.resp.Header)}
		e.Response.Body, e.Response.Truncated = hide.body(r.body)
	}
	return e
}

// requestBody returns the start of the body that was sent, where it can be read
// a second time.
func requestBody(req *http.Request) []byte {
	if req.GetBody == nil {
		return nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil
	}
	defer body.Close()
	b, err := io.ReadAll(io.LimitReader(body, maxTraceBody+1))
	if err != nil {
		return nil
	}
	return b
}

// cut shortens b to what an Exchange shows, not in the middle of a character.
func cut(b []byte) (shown []byte, truncated bool) {
	if len(b) <= maxTraceBody {
		return b, false
	}
	n := maxTraceBody
	for n > maxTraceBody-utf8.UTFMax && !utf8.RuneStart(b[n]) {
		n--
	}
	return b[:n], true
}
