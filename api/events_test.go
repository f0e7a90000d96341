package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/store"
)

func TestEvents(t *testing.T) {
	t.Parallel()
	s := start(t)
	at := time.UnixMilli(1_700_000_000_123)
	blocked := track("shop", "Bad <one>", at.Add(time.Second))
	blocked.Reason = secant.ReasonNoUserAnonID
	s.collect(1, track("shop", "Good", at), blocked, track("blog", "Other", at.Add(2*time.Second)))
	viewer := secant.RoleViewer
	s.run([]scenario{
		{name: "all, the newest first", as: viewer, method: "GET", path: "/api/events", status: 200,
			want: []string{`{"data":{"events":[{"id":"`, `"source":"blog","type":"track","name":"Other","messageId":"m-Other","userId":"u1","anonymousId":"a1","reason":"","reasonText":"","note":"","noteText":"","receivedAt":"2023-11-14T22:13:22.123Z","position":{"partition":0,"seq":1,"index":2},"event":{"type":"track"`,
				`"Bad <one>"`, `"reason":"no_user_anon_id","reasonText":"The event has neither`}},
		{name: "of a source", as: viewer, method: "GET", path: "/api/events?source=blog", status: 200, want: []string{"Other"}, not: []string{"Good"}},
		{name: "stopped", as: viewer, method: "GET", path: "/api/events?reason=blocked", status: 200, want: []string{"Bad"}, not: []string{"Good", "Other"}},
		{name: "gone on", as: viewer, method: "GET", path: "/api/events?reason=ok&type=track&name=Good", status: 200, want: []string{"Good"}, not: []string{"Bad", "Other"}},
		{name: "by text", as: viewer, method: "GET", path: "/api/events?q=M-gOOD", status: 200, want: []string{"Good"}, not: []string{"Bad", "Other"}},
		{name: "one", as: viewer, method: "GET", path: "/api/events?limit=1", status: 200, want: []string{"Other"}, not: []string{"Good", "Bad"}},
		{name: "none", as: viewer, method: "GET", path: "/api/events?source=nobody", status: 200, want: []string{`"events":[]`}},
		{name: "too many", as: viewer, method: "GET", path: "/api/events?limit=501", status: 400, want: []string{`"field":"limit"`}},
		{name: "of no type", as: viewer, method: "GET", path: "/api/events?type=fax", status: 400, want: []string{`"field":"type"`, "identify"}},
		{name: "by a long text", as: viewer, method: "GET", path: "/api/events?q=" + strings.Repeat("x", 201), status: 400, want: []string{`"field":"q"`}},
	})
	s.hub.Refused("", "wk_mistyped", secant.ReasonUnknownSource, 3)
	s.run([]scenario{{name: "write keys of nobody", as: viewer, method: "GET", path: "/api/refused", status: 200,
		want: []string{`"writeKey":"wk_mistyped"`, `"reason":"unknown_source"`, "Copy the key"}}})
}

// stream is a connection to the stream of events.
type stream struct {
	t     *testing.T
	resp  *http.Response
	lines *bufio.Scanner
	leave context.CancelFunc
}

func (s *server) follow(query string, headers head) *stream {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/api/events/stream"+query, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if headers["Cookie"] == "" {
		req.Header.Set("Authorization", "Bearer "+s.tokens[secant.RoleViewer])
	}
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	resp, err := s.Client().Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { cancel(); resp.Body.Close() })
	f := &stream{s.t, resp, bufio.NewScanner(resp.Body), cancel}
	if resp.StatusCode == http.StatusOK {
		f.next() // retry
	}
	return f
}

// next returns the next message of the stream, its fields by name; nil when the
// stream ends.
func (f *stream) next() map[string]string {
	f.t.Helper()
	fields := map[string]string{}
	for f.lines.Scan() {
		line := f.lines.Text()
		if line == "" {
			return fields
		}
		name, value, _ := strings.Cut(line, ": ")
		fields[name] = value
	}
	return nil
}

func (f *stream) names(n int) (names []string, last string) {
	f.t.Helper()
	for range n {
		m := f.next()
		var e struct{ ID, Name string }
		if err := json.Unmarshal([]byte(m["data"]), &e); m["event"] != "event" || err != nil || e.ID != m["id"] {
			f.t.Fatalf("message %v: %v", m, err)
		}
		names, last = append(names, e.Name), e.ID
	}
	return names, last
}

func TestStream(t *testing.T) {
	t.Parallel()
	s := start(t)
	at := time.Now()
	f := s.follow("?source=shop", nil)
	if got := f.resp.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("Content-Type %q", got)
	}
	s.collect(1, track("shop", "One", at), track("blog", "Elsewhere", at), track("shop", "Two", at.Add(time.Millisecond)))
	names, last := f.names(2)
	if fmt.Sprint(names) != "[One Two]" {
		t.Errorf("events %v", names)
	}
	f.leave()
	s.collect(2, track("shop", "Three", at.Add(2*time.Millisecond)), track("shop", "Four", at.Add(3*time.Millisecond)))
	f = s.follow("?source=shop", head{"Last-Event-ID": last})
	s.collect(3, track("shop", "Five", at.Add(4*time.Millisecond)))
	if names, _ := f.names(3); fmt.Sprint(names) != "[Three Four Five]" {
		t.Errorf("events after a break %v", names)
	}
	s.api.Close() // as when the server stops
	if m := f.next(); m != nil {
		t.Errorf("message after the end: %v", m)
	}
	if f := s.follow("", nil); f.resp.StatusCode != http.StatusServiceUnavailable || f.resp.Header.Get("Retry-After") == "" {
		t.Errorf("a stream while stopping: %d", f.resp.StatusCode)
	}
}

func TestStreamTellsWhatItDropped(t *testing.T) {
	t.Parallel()
	s := start(t)
	f := s.follow("", nil)
	at := time.Now()
	var flood []secant.Verdict
	for i := range 5000 {
		flood = append(flood, track("shop", fmt.Sprintf("E%d", i), at))
	}
	s.collect(1, flood...)
	shown, dropped := 0, 0
	for shown+dropped < len(flood) {
		switch m := f.next(); m["event"] {
		case "event":
			shown++
		case "dropped":
			var d struct{ N int }
			if err := json.Unmarshal([]byte(m["data"]), &d); err != nil {
				t.Fatal(err)
			}
			dropped += d.N
		default:
			t.Fatalf("message %v", m)
		}
	}
	if shown == 0 || dropped == 0 || shown+dropped != len(flood) {
		t.Errorf("shown %d, dropped %d", shown, dropped)
	}
}

func TestStreamsAreBounded(t *testing.T) {
	t.Parallel()
	s := start(t)
	var open []*stream
	for range 8 {
		open = append(open, s.follow("", nil))
	}
	if f := s.follow("", nil); f.resp.StatusCode != http.StatusTooManyRequests || f.resp.Header.Get("Retry-After") == "" {
		t.Fatalf("the ninth stream: %d", f.resp.StatusCode)
	}
	cookie := s.person(secant.RoleViewer, "ada@example.com")
	if f := s.follow("", head{"Cookie": "secant_session=" + cookie}); f.resp.StatusCode != http.StatusOK {
		t.Fatalf("somebody else's first stream: %d", f.resp.StatusCode)
	}
	open[0].leave()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if s.follow("", nil).resp.StatusCode == http.StatusOK {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a closed stream keeps its place")
		}
	}
}

func TestStreamEndsWithTheRightToIt(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.api.PingEvery(time.Millisecond)
	tok, secret, err := s.store.CreateToken(t.Context(), system, store.NewToken{Name: "x", Role: secant.RoleViewer})
	if err != nil {
		t.Fatal(err)
	}
	f := s.follow("", head{"Authorization": "Bearer " + secret})
	if m := f.next(); len(m) != 1 || m[": ping"] != "" {
		t.Errorf("message %v, want a ping", m)
	}
	if err := s.store.DeleteToken(t.Context(), system, tok.ID); err != nil {
		t.Fatal(err)
	}
	for f.next() != nil { // pings until it ends
	}
	if err := f.lines.Err(); err != nil {
		t.Errorf("the stream was cut: %v", err)
	}
}

func TestCounts(t *testing.T) {
	t.Parallel()
	s := start(t)
	at := time.Now()
	blocked := track("shop", "Bad", at)
	blocked.Reason = secant.ReasonDuplicate
	s.collect(1, track("shop", "Good", at), track("shop", "Good", at), blocked, track("blog", "Good", at))
	if err := s.hub.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	viewer := secant.RoleViewer
	get := func(name, query string, status int, want ...string) scenario {
		return scenario{name: name, as: viewer, method: "GET", path: "/api/counts?to=2100-01-01T00:00:00Z&from=2020-01-01T00:00:00Z&" + query, status: status, want: want}
	}
	s.run([]scenario{
		get("in total", "by=total", 200, `{"data":{"counts":[{"at":null,`, `"n":4}]}`),
		get("of a source", "by=total&source=shop", 200, `"n":3}]}`),
		get("by reason", "by=total&source=shop&group=reason,outcome", 200, `"reason":"","reasonText":"","outcome":"accepted","n":2`, `"reason":"duplicate","reasonText":"An event with`, `"outcome":"blocked","n":1`),
		get("by hour", "source=blog", 200, `"at":"`, `"n":1}]}`),
		get("of deliveries", "destination=hook", 200, `"counts":[]`),
		get("by nothing known", "group=reason,colour", 400, `"field":"group"`, "colour"),
		get("by week", "by=week", 400, `"field":"by"`, "total"),
		get("of what", "of=what", 400, `"field":"of"`),
		{name: "at no time", as: viewer, method: "GET", path: "/api/counts?from=yesterday", status: 400, want: []string{`"field":"from"`, "2026-01-02T15:04:05Z"}},
		{name: "backwards", as: viewer, method: "GET", path: "/api/counts?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", status: 400, want: []string{`"field":"from"`}},
		{name: "of the last day", as: viewer, method: "GET", path: "/api/counts", status: 200, want: []string{`"n":4}]}`}},
	})
}
