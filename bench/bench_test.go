package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestLoad lets the generator load a server that checks every request, so that
// a figure is never one of malformed or repeated events.
func TestLoad(t *testing.T) {
	t.Parallel()
	for _, s := range []scenario{{"single", 4, 1, 0}, {"batch", 3, 7, 0}, {"rate", 4, 1, 400}} {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			seen := map[string]bool{}
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Errorf("read: %v", err)
				}
				for _, e := range events(t, body) {
					mu.Lock()
					if seen[e.MessageID] || len(e.MessageID) != 59 || len(e.AnonymousID) != 36 {
						t.Errorf("messageId %q of %q comes twice or is malformed", e.MessageID, e.AnonymousID)
					}
					seen[e.MessageID] = true
					mu.Unlock()
				}
				if key, _, _ := r.BasicAuth(); !strings.HasPrefix(key, "wk_bench_") {
					t.Errorf("write key %q", key)
				}
				io.WriteString(w, `{"success":true}`)
			}))
			defer srv.Close()
			l, err := drive(context.Background(), srv.Listener.Addr().String(), s, 2, 200*time.Millisecond, 0)
			if err != nil {
				t.Fatal(err)
			}
			if l.Events != int64(len(seen)) || l.Events == 0 || len(l.lat) != len(seen)/s.Batch {
				t.Errorf("counted %d events and %d answers, the server saw %d events", l.Events, len(l.lat), len(seen))
			}
			if s.Rate > 0 && (l.Events < 20 || l.Events > 100) {
				t.Errorf("%d requests in 0.2 s, want about 80", l.Events)
			}
		})
	}
}

type event struct{ MessageID, AnonymousID, Type string }

func events(t *testing.T, body []byte) []event {
	var one event
	var many struct{ Batch []event }
	if err := json.Unmarshal(body, &many); err != nil {
		t.Errorf("malformed body: %v", err)
	}
	if len(many.Batch) > 0 {
		return many.Batch
	}
	if err := json.Unmarshal(body, &one); err != nil {
		t.Errorf("malformed body: %v", err)
	}
	return []event{one}
}

func TestRefusedIsAnError(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer srv.Close()
	_, err := drive(context.Background(), srv.Listener.Addr().String(), scenario{"x", 1, 1, 0}, 1, 20*time.Millisecond, 0)
	if err == nil || !strings.Contains(err.Error(), "not answered 200") {
		t.Errorf("got %v", err)
	}
}

func TestEventSize(t *testing.T) {
	t.Parallel()
	req := newRequest("127.0.0.1:1", scenario{Batch: 1}, writeKey(0), 1)
	_, body, _ := bytes.Cut(req.next(), headEnd)
	if n := len(body); n < 1050 || n > 1200 {
		t.Errorf("an event has %d bytes, the report says 1.1 KB", n)
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	l := load{Events: 1000, Took: time.Second, lat: []time.Duration{1e6, 2e6, 9e6}}
	f := l.figures(usage{}, usage{CPU: 0.05, Peak: 64 << 20, Stored: 300_000, Written: 400_000})
	f = medians([]figures{{Rate: 1}, f, {Rate: 1e9, CPU: 1e9, Peak: 1e9, P50: 1e9, P99: 1e9, Stored: 1e9, Written: 1e9}})
	r := report{Date: "2026-01-01", Revision: "abc"}
	r.add(row{Scenario: "s", What: "w", Target: "bare", figures: figures{Rate: 2000}})
	r.add(row{Scenario: "s", What: "w", Target: "secant", figures: f})
	lines := strings.Split(strings.TrimSpace(r.markdown()), "\n")
	want := "| s: w | secant | 1000 | 0.50 | 2.0 | 2.0 | 50.0 | 64 | 300 | 400 |"
	if !slices.Contains(lines, want) {
		t.Errorf("no line %s in\n%s", want, strings.Join(lines, "\n"))
	}
}
