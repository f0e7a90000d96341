package collect_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	secant "github.com/secantdev/secant"
	"github.com/secantdev/secant/collect"
)

// memory is a log that keeps copies of what it is given.
type memory struct {
	mu    sync.Mutex
	recs  []secant.Record
	calls int
	err   error
}

func (m *memory) Append(_ context.Context, recs []secant.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	if m.err != nil {
		return m.err
	}
	for i := range recs {
		// The encoding checks that the parts lie in the whole.
		var r secant.Record
		if _, err := secant.DecodeRecord(secant.AppendRecord(nil, &recs[i]), &r); err != nil {
			return err
		}
		m.recs = append(m.recs, r)
	}
	return nil
}

// take returns what has come since the last time.
func (m *memory) take() []secant.Record {
	m.mu.Lock()
	defer m.mu.Unlock()
	recs := m.recs
	m.recs = nil
	return recs
}

func (m *memory) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = err
}

// refusals is an observer that remembers.
type refusals struct {
	mu   sync.Mutex
	list []refusal
}

type refusal struct {
	source, key string
	reason      secant.Reason
	n           int
}

func (o *refusals) Refused(source, key string, reason secant.Reason, n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.list = append(o.list, refusal{source, key, reason, n})
}

func (o *refusals) take() []refusal {
	o.mu.Lock()
	defer o.mu.Unlock()
	list := o.list
	o.list = nil
	return list
}

type fixed struct{ w *secant.Workspace }

func (f fixed) Workspace() *secant.Workspace { return f.w }

// arrival is when every event in these tests is received.
var arrival = time.Date(2026, 8, 1, 10, 0, 1, 0, time.UTC)

// bench is a collector behind a real HTTP server.
type bench struct {
	*httptest.Server
	log      *memory
	refusals *refusals
}

func start(t testing.TB, change ...func(*collect.Options)) *bench {
	t.Helper()
	b := &bench{log: &memory{}, refusals: &refusals{}}
	o := collect.Options{
		Log: b.log, Observer: b.refusals, Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return arrival },
		Workspace: fixed{secant.NewWorkspace([]*secant.Source{
			{ID: "web", Type: "javascript", WriteKeys: []string{"WK", "wk_web"}, Enabled: true},
			{ID: "server", Type: "server", WriteKeys: []string{"wk_server"}, Enabled: true},
			{ID: "app", Type: "ios", WriteKeys: []string{"wk_app"}, Enabled: true},
			{ID: "off", Type: "server", WriteKeys: []string{"wk_off"}},
			{ID: "slow", Type: "server", WriteKeys: []string{"wk_slow"}, Enabled: true, RateLimit: 2},
		}, nil)},
	}
	for _, f := range change {
		f(&o)
	}
	c, err := collect.New(o)
	if err != nil {
		t.Fatal(err)
	}
	b.Server = httptest.NewServer(serve(c))
	t.Cleanup(b.Close)
	return b
}

// serve puts the routes into a mux beside a console at GET /, as the server
// does.
func serve(c *collect.Collector) http.Handler {
	mux := http.NewServeMux()
	for _, r := range c.Routes() {
		pattern := r.Pattern
		if r.Method != "" {
			pattern = r.Method + " " + pattern
		}
		mux.Handle(pattern, r.Handler)
	}
	mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "console") })
	return collect.Slashes(mux)
}

type answer struct {
	status int
	header http.Header
	body   string
}

// send makes a request. Headers are "Name: value".
func (b *bench) send(t testing.TB, method, path, body string, headers ...string) answer {
	t.Helper()
	req, err := http.NewRequest(method, b.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			req.Host = value
			continue
		}
		req.Header.Add(name, value)
	}
	client := *b.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if !slices.ContainsFunc(headers, func(h string) bool { return strings.HasPrefix(h, "Accept-Encoding") }) {
		req.Header.Set("Accept-Encoding", "identity")
	}
	if !slices.ContainsFunc(headers, func(h string) bool { return strings.HasPrefix(h, "User-Agent") }) {
		req.Header.Set("User-Agent", "")
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(text)}
}

const success = `{"success":true}`

// one sends an event and returns its record.
func (b *bench) one(t testing.TB, path, body string, headers ...string) secant.Record {
	t.Helper()
	if a := b.send(t, "POST", path, body, headers...); a.status != 200 || a.body != success {
		t.Fatalf("POST %s %s: %d %s", path, body, a.status, a.body)
	}
	recs := b.log.take()
	if len(recs) != 1 {
		t.Fatalf("POST %s %s: %d records, want 1", path, body, len(recs))
	}
	return recs[0]
}
