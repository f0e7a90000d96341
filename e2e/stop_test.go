package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/secantdev/secant/internal/testkit"
)

// TestGracefulStop stops and starts under load: nothing acknowledged is lost
// and, other than after a crash, nothing is delivered twice.
func TestGracefulStop(t *testing.T) {
	t.Parallel()
	sink := testkit.NewSink(t)
	s := testkit.Start(t, testkit.Options{Config: one(sink.URL("/hook"))})
	w := startWriters(t, s, "stop", pace{singles: 3, batches: 1, pause: 5 * time.Millisecond, size: 20})
	for range 3 {
		time.Sleep(700 * time.Millisecond)
		s.Stop()
		s.Start()
	}
	time.Sleep(300 * time.Millisecond)
	w.finish()
	o := w.check(t, s, sink, 60*time.Second)
	if o.Repeats > 0 {
		t.Errorf("%d events were delivered again after a graceful stop", o.Repeats)
	}
	checkCounters(t, s, o)
}

// TestDebuggerSurvives sends more than the debugger keeps, slowly enough that
// it shows every event, and looks again after a crash and after a stop.
func TestDebuggerSurvives(t *testing.T) {
	t.Parallel()
	s := testkit.Start(t, testkit.Options{Config: one("http://127.0.0.1:1/")})
	const sent, kept = 520, 500
	tick := time.NewTicker(25 * time.Millisecond) // 40/s: beyond 50/s it is a sample
	defer tick.Stop()
	for i := range sent {
		<-tick.C
		s.MustPost(t, "/v1/track", "wk_web", track(fmt.Sprintf("dbg-%d", i)))
	}
	want := map[string]bool{}
	for i := sent - kept; i < sent; i++ {
		want[fmt.Sprintf("dbg-%d", i)] = true
	}
	shows := func(when string) {
		t.Helper()
		testkit.WaitFor(t, 10*time.Second, "the debugger to show the last 500 "+when, func() (bool, string) {
			events := s.Events(t, "source=web&limit=500")
			n := 0
			for _, e := range events {
				if want[e.MessageID] {
					n++
				}
			}
			return n == kept && len(events) == kept, fmt.Sprintf("%d events, %d of the wanted", len(events), n)
		})
		if e := s.Events(t, "source=web&limit=1"); len(e) != 1 || e[0].MessageID != fmt.Sprintf("dbg-%d", sent-1) {
			t.Errorf("%s: the newest event is %+v, want dbg-%d", when, e, sent-1)
		}
	}
	s.Kill() // at once: the last events were acknowledged a moment ago
	s.Start()
	shows("after SIGKILL")
	s.Stop()
	s.Start()
	shows("after a stop")
	passed, _, _, _ := counted(t, s)
	if passed != sent {
		t.Errorf("the counters have %d events, sent were %d", passed, sent)
	}
}

// TestStopEndsStreams makes sure that an open live tail does not hold up a stop.
func TestStopEndsStreams(t *testing.T) {
	t.Parallel()
	s := testkit.Start(t, testkit.Options{Config: one("http://127.0.0.1:1/")})
	req, err := http.NewRequest(http.MethodGet, s.URL+"/api/events/stream?source=web", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+testkit.Token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if kind := resp.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/event-stream") {
		t.Fatalf("content type %q", kind)
	}
	start := time.Now()
	s.Stop()
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("a stop with an open stream took %s", took)
	}
}
