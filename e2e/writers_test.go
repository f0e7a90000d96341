package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/secantdev/secant/internal/testkit"
)

// writers are clients that load a server and remember what it promised.
type writers struct {
	url    string
	prefix string
	stop   context.CancelFunc
	wg     sync.WaitGroup

	mu       sync.Mutex
	acked    map[string]bool // answered 200: must arrive
	poison   map[string]bool // in requests answered 400: must never arrive
	maybe    map[string]bool // no answer, or 5xx: may arrive
	retried  int             // requests repeated with the same messageIds
	shed     int             // requests answered 503
	badShed  []string        // 503s without Retry-After or without the error body
	odd      []string        // answers that no client expects
	lastAcks atomic.Int64    // number of acknowledged requests so far
}

// pace is how hard the writers work.
type pace struct {
	singles, batches int           // connections of each kind
	pause            time.Duration // between two requests of one connection
	size             int           // events per batch
}

// easy is some 1,500 events a second on an idle machine: enough to have
// requests, commits, deliveries and checkpoints in hand at any instant.
var easy = pace{singles: 4, batches: 2, pause: 5 * time.Millisecond, size: 20}

// startWriters starts writers that go on until finish, whatever happens to the
// server. Of the single-event connections every second one repeats a request
// without a good answer, as SDKs do; the others give it up.
func startWriters(t *testing.T, s *testkit.Server, prefix string, p pace) *writers {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	w := &writers{
		url: s.URL, prefix: prefix, stop: stop,
		acked: map[string]bool{}, poison: map[string]bool{}, maybe: map[string]bool{},
	}
	for i := range p.singles {
		w.wg.Go(func() { w.singles(ctx, i, p.pause) })
	}
	for i := range p.batches {
		w.wg.Go(func() { w.batches(ctx, i, p) })
	}
	t.Cleanup(func() { stop(); w.wg.Wait() })
	return w
}

// finish ends the writers after the requests they have in hand.
func (w *writers) finish() {
	w.stop()
	w.wg.Wait()
}

func (w *writers) singles(ctx context.Context, writer int, pause time.Duration) {
	client := newClient()
	defer client.CloseIdleConnections()
	for n := 0; ctx.Err() == nil; n++ {
		id := fmt.Sprintf("%s-s%d-%d", w.prefix, writer, n)
		if n%50 == 49 {
			w.send(ctx, client, "/v1/track", `{"messageId":"poison-`+id+`","event":`, nil, "poison-"+id)
			continue
		}
		body := fmt.Sprintf(`{"event":"Single","userId":"u%d-%d","messageId":%q,"properties":{"n":%d}}`, writer, n%17, id, n)
		for {
			ok := w.send(ctx, client, "/v1/track", body, []string{id}, "")
			if ok || writer%2 == 1 || ctx.Err() != nil {
				break
			}
			w.mu.Lock()
			w.retried++
			w.mu.Unlock()
		}
		sleep(ctx, pause)
	}
}

func (w *writers) batches(ctx context.Context, writer int, p pace) {
	client := newClient()
	defer client.CloseIdleConnections()
	for n := 0; ctx.Err() == nil; n++ {
		ids := make([]string, p.size)
		var b strings.Builder
		b.WriteString(`{"batch":[`)
		for i := range ids {
			ids[i] = fmt.Sprintf("%s-b%d-%d-%d", w.prefix, writer, n, i)
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, `{"type":"track","event":"Batched","anonymousId":"a%d-%d","messageId":%q}`, writer, i, ids[i])
		}
		b.WriteString(`]}`)
		w.send(ctx, client, "/v1/batch", b.String(), ids, "")
		sleep(ctx, p.pause*time.Duration(max(1, p.size/4)))
	}
}

// send posts body and books the answer. It reports whether it was a success.
// ctx does not cut it short: a request once sent gets its answer booked.
func (w *writers) send(ctx context.Context, client *http.Client, path, body string, ids []string, poison string) bool {
	status, header, text := exchange(client, w.url+path, body)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case status == http.StatusOK && text == `{"success":true}` && poison == "":
		w.lastAcks.Add(1)
		for _, id := range ids {
			w.acked[id] = true
			delete(w.maybe, id)
		}
		return true
	case status == http.StatusBadRequest && poison != "":
		w.poison[poison] = true
		return false
	case status == http.StatusServiceUnavailable:
		w.shed++
		if header.Get("Retry-After") == "" || !strings.Contains(text, `"success":false`) || !strings.Contains(text, `"code"`) {
			w.badShed = append(w.badShed, fmt.Sprintf("%v %s", header, text))
		}
	case status != 0:
		w.odd = append(w.odd, fmt.Sprintf("%d %s to %s", status, text, body))
	}
	for _, id := range ids {
		w.maybe[id] = true
	}
	w.mu.Unlock()
	sleep(ctx, 5*time.Millisecond)
	w.mu.Lock()
	return false
}

// exchange returns status 0 when there was no whole answer.
func exchange(client *http.Client, url, body string) (int, http.Header, string) {
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader([]byte(body)))
	if err != nil {
		return 0, nil, err.Error()
	}
	req.SetBasicAuth("wk_web", "")
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, err.Error()
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, nil, err.Error()
	}
	return resp.StatusCode, resp.Header, string(text)
}

func newClient() *http.Client {
	return &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 1, MaxConnsPerHost: 1}}
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// acks returns how many events are acknowledged so far.
func (w *writers) acks() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.acked)
}

// outcome is what the checker found; its String is the table that a failing
// test shows.
type outcome struct {
	Acked, Maybe, Poison, Shed, Retried int
	Delivered, Repeats, Most            int
	Lost, Claimed, Unknown              []string
}

func (o outcome) String() string {
	return fmt.Sprintf("acknowledged %d, delivered %d (repeated %d, one of them %d times), unanswered %d, shed %d, retried %d, refused %d; lost %d, refused but delivered %d, never sent but delivered %d",
		o.Acked, o.Delivered, o.Repeats, o.Most, o.Maybe, o.Shed, o.Retried, o.Poison, len(o.Lost), len(o.Claimed), len(o.Unknown))
}

// check waits until every acknowledged event has arrived at the sink, and the
// pipeline is idle, and compares the two memories.
func (w *writers) check(t *testing.T, s *testkit.Server, sink *testkit.Sink, limit time.Duration) outcome {
	t.Helper()
	deadline := time.Now().Add(limit)
	for missing := w.missing(sink); len(missing) > 0 && time.Now().Before(deadline); missing = w.missing(sink) {
		time.Sleep(50 * time.Millisecond)
	}
	idle(t, s, sink)
	got := sink.Received()
	w.mu.Lock()
	defer w.mu.Unlock()
	o := outcome{Acked: len(w.acked), Maybe: len(w.maybe), Poison: len(w.poison), Shed: w.shed, Retried: w.retried, Delivered: len(got)}
	for id := range w.acked {
		if got[id] == 0 {
			o.Lost = append(o.Lost, id)
		}
	}
	for id, n := range got {
		o.Repeats += n - 1
		o.Most = max(o.Most, n)
		switch {
		case w.poison[id]:
			o.Claimed = append(o.Claimed, id)
		case !w.acked[id] && !w.maybe[id]:
			o.Unknown = append(o.Unknown, id)
		}
	}
	t.Log(o)
	if len(o.Lost)+len(o.Claimed)+len(o.Unknown) > 0 {
		t.Errorf("broken promise: lost %.10q, refused but delivered %.10q, never sent but delivered %.10q", o.Lost, o.Claimed, o.Unknown)
	}
	if o.Acked == 0 {
		t.Error("nothing was acknowledged: the test tested nothing")
	}
	for _, list := range [][]string{w.badShed, w.odd} {
		if len(list) > 0 {
			t.Errorf("%d unexpected answers, such as %.3q", len(list), list)
		}
	}
	return o
}

func (w *writers) missing(sink *testkit.Sink) []string {
	got := sink.Received()
	w.mu.Lock()
	defer w.mu.Unlock()
	var missing []string
	for id := range w.acked {
		if got[id] == 0 {
			missing = append(missing, id)
		}
	}
	return missing
}

// idle waits until nothing more arrives: events that were never acknowledged
// may still be on their way.
func idle(t *testing.T, s *testkit.Server, sink *testkit.Sink) {
	t.Helper()
	quiet, last := time.Now(), sink.Requests()
	testkit.WaitFor(t, 60*time.Second, "the deliveries to end", func() (bool, string) {
		if n := sink.Requests(); n != last {
			quiet, last = time.Now(), n
		}
		lag := s.Status(t).Pipeline.LagChunks
		return lag == 0 && time.Since(quiet) > time.Second, fmt.Sprintf("%d requests at the sink, pipeline %d behind", last, lag)
	})
}

// counted adds up the counters of the source web and its destination.
func counted(t *testing.T, s *testkit.Server) (passed, duplicates, delivered, failed int64) {
	t.Helper()
	for _, c := range s.Counts(t, "of=events&source=web&by=total&group=reason") {
		switch c.Reason {
		case "":
			passed += c.N
		case "duplicate":
			duplicates += c.N
		}
	}
	for _, c := range s.Counts(t, "of=deliveries&source=web&by=total&group=outcome") {
		switch c.Outcome {
		case "delivered":
			delivered += c.N
		case "failed":
			failed += c.N
		}
	}
	return passed, duplicates, delivered, failed
}
