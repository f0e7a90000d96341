package deliver_test

import (
	"log/slog"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/deliver"
	"github.com/secantdev/secant/eventlog"
	"github.com/secantdev/secant/store"
)

func TestDeliversInOrderPerVisitor(t *testing.T) {
	t.Parallel()
	r, s := newRig(t), newSink(t)
	s.set(func(_ http.ResponseWriter, _ *http.Request, g got) bool {
		if g.Properties.Visitor%3 == 0 {
			time.Sleep(time.Millisecond) // slow ones must not get mixed up
		}
		return false
	})
	r.hook("hook", map[string]any{"url": s.URL})
	r.start()
	r.send(50, 40)
	eventually(t, "all events arrive", func() bool { return s.distinct() == 2000 })
	if err := inOrder(s.events()); err != nil {
		t.Error(err)
	}
	if n := len(s.events()); n != 2000 {
		t.Errorf("%d deliveries of 2000 events", n)
	}
	if s.most < 4 || s.most > 16 {
		t.Errorf("%d requests at once, want several, at most 16", s.most)
	}
	r.stop()
	if got := r.outcomes("hook"); got["delivered"] != 2000 || len(got) != 1 {
		t.Errorf("counters: %v", got)
	}
	st := r.status("hook")
	if st.Delivered != 0 && st.LatencyP95 <= 0 {
		t.Errorf("no latency in %+v", st)
	}
}

func TestNewDestinationGetsEventsReceivedAfterItWasMade(t *testing.T) {
	t.Parallel()
	r, s := newRig(t), newSink(t)
	r.send(3, 5)
	time.Sleep(2 * time.Millisecond) // the clock that decides has milliseconds
	r.hook("hook", map[string]any{"url": s.URL})
	r.send(3, 5) // before the engine knows the destination
	r.start()
	r.running("hook")
	r.send(3, 5)
	eventually(t, "later events arrive", func() bool { return s.distinct() == 30 })
	r.stop()
	for _, g := range s.events() {
		if g.Properties.N < 5 {
			t.Fatalf("event %s is older than the destination", g.MessageID)
		}
	}
}

func TestOnlyItsSourceAndWhatIntegrationsAllow(t *testing.T) {
	t.Parallel()
	r, s := newRig(t), newSink(t)
	r.hook("hook", map[string]any{"url": s.URL})
	r.start()
	r.running("hook")
	r.append([]secant.Record{
		event("other", 1, 1, ""),
		event("shop", 1, 2, `,"integrations":{"All":false}`),
		event("shop", 1, 3, `,"integrations":{"All":false,"hook":{"x":1}}`),
		event("shop", 1, 4, `,"integrations":{"Webhooks":false}`),
		event("shop", 1, 5, `,"_metadata":{"bundled":["Segment.io","hook"]}`),
		event("shop", 1, 6, `,"integrations":{"all":true}`),
	})
	eventually(t, "the allowed events arrive", func() bool { return s.distinct() == 2 })
	r.stop()
	want := map[string]int64{"delivered": 2, "filtered FILTERED_BY_INTEGRATIONS_OBJECT": 2, "filtered MESSAGE_SENT_CLIENT_SIDE": 1}
	if got := r.outcomes("hook"); !equal(got, want) {
		t.Errorf("counters: %v, want %v", got, want)
	}
}

func TestRetriesUntilAccepted(t *testing.T) {
	t.Parallel()
	r, s := newRig(t), newSink(t)
	var first time.Time
	s.set(func(w http.ResponseWriter, _ *http.Request, _ got) bool { // s.mu is not held, but calls come one by one
		if first.IsZero() {
			first = time.Now()
			w.Header().Set("Retry-After", "2")
			http.Error(w, "busy", http.StatusServiceUnavailable)
			return true
		}
		return false
	})
	r.hook("hook", map[string]any{"url": s.URL})
	r.start()
	r.running("hook")
	r.send(1, 1)
	eventually(t, "the event is parked", func() bool {
		n, _, err := r.store.CountParked(r.ctx, "hook")
		return err == nil && n == 1
	})
	st := r.status("hook")
	if st.State != deliver.StateOK || st.Retrying != 1 || st.LastErrorReason != "503" {
		t.Errorf("status while it waits: %+v", st)
	}
	eventually(t, "the event arrives", func() bool { return s.distinct() == 1 })
	if waited := time.Since(first); waited < 2*time.Second {
		t.Errorf("tried again after %v, though Retry-After was 2 s", waited)
	}
	r.stop()
	want := map[string]int64{"delivered": 1, "retried 503": 1}
	if got := r.outcomes("hook"); !equal(got, want) {
		t.Errorf("counters: %v, want %v", got, want)
	}
	if n, _, err := r.store.CountParked(r.ctx, "hook"); n != 0 || err != nil {
		t.Errorf("%d deliveries still parked, %v", n, err)
	}
}

func TestRejectedEventsBecomeDeadLettersAndCanBeSentAgain(t *testing.T) {
	t.Parallel()
	r, s := newRig(t), newSink(t)
	s.set(func(w http.ResponseWriter, _ *http.Request, _ got) bool {
		http.Error(w, "no such field", http.StatusBadRequest)
		return true
	})
	r.hook("hook", map[string]any{"url": s.URL + "/?apiKey=hunter22", "sharedSecret": "s3cret"})
	r.start()
	r.running("hook")
	r.send(5, 1)
	eventually(t, "dead letters are kept", func() bool { return len(r.letters("hook")) == 5 })
	l := r.letters("hook")[0]
	if l.Reason != "400" || l.Attempts != 1 || l.Exchange == nil || l.Exchange.Response.Status != 400 ||
		l.Exchange.Response.Body != "no such field\n" || len(l.JSON) == 0 || l.Type != secant.TypeTrack || l.Name != "Clicked" {
		t.Errorf("dead letter: %+v, exchange %+v", l.Parked, l.Exchange)
	}
	if got := l.Exchange.Request.URL; got != s.URL+"/?apiKey=••••" {
		t.Errorf("the exchange shows a secret: %s", got)
	}
	if st := r.status("hook"); st.State != deliver.StateOK || st.Failed != 5 {
		t.Errorf("status: %+v", st)
	}

	s.status(0)
	if n, err := r.engine.Resend(r.ctx, "hook", []string{l.ID, "nonsense"}); n != 1 || err != nil {
		t.Fatalf("resent %d, %v", n, err)
	}
	eventually(t, "the chosen one arrives", func() bool { return s.distinct() == 1 })
	if n, err := r.engine.Resend(r.ctx, "hook", nil); n != 4 || err != nil {
		t.Fatalf("resent %d, %v", n, err)
	}
	eventually(t, "the others arrive", func() bool { return s.distinct() == 5 })
	r.stop()
	if left := r.letters("hook"); len(left) != 0 {
		t.Errorf("%d dead letters are left", len(left))
	}
}

func TestDeadDestinationWaitsInTheLogAndDrains(t *testing.T) {
	t.Parallel()
	r, s := newRig(t), newSink(t)
	healthy := newSink(t)
	s.status(http.StatusBadGateway)
	r.hook("dead", map[string]any{"url": s.URL})
	r.hook("healthy", map[string]any{"url": healthy.URL})
	r.start()
	r.send(40, 50)
	eventually(t, "the healthy destination gets all", func() bool { return healthy.distinct() == 2000 })
	eventually(t, "the breaker opens", func() bool { return r.status("dead").State == deliver.StateBreaker })
	before := s.asked()
	if before > 40 {
		t.Errorf("%d requests to a dead destination before the breaker opened", before)
	}
	st := r.status("dead")
	if st.NextProbe.IsZero() || st.BacklogAge <= 0 || st.BacklogChunks == 0 || st.LastErrorReason != "502" {
		t.Errorf("status of the dead destination: %+v", st)
	}
	if n, _, err := r.store.CountParked(r.ctx, "dead"); err != nil || n > 16+10 {
		t.Errorf("%d events parked (%v): the log should keep them", n, err)
	}
	s.status(0)
	eventually(t, "the backlog drains", func() bool { return s.distinct() == 2000 })
	eventually(t, "the breaker closes", func() bool { return r.status("dead").State == deliver.StateOK })
	r.stop()
	if err := inOrder(healthy.events()); err != nil {
		t.Error(err)
	}
	if n := r.outcomes("dead")["delivered"]; n != 2000 {
		t.Errorf("%d delivered of 2000", n)
	}
}

func TestHangingDestinationDelaysNobody(t *testing.T) {
	t.Parallel()
	r, fine := newRig(t), newSink(t)
	release := make(chan struct{})
	hung := newSink(t)
	hung.set(func(_ http.ResponseWriter, req *http.Request, _ got) bool {
		select {
		case <-release:
		case <-req.Context().Done():
		}
		return true
	})
	defer close(release)
	r.hook("hung", map[string]any{"url": hung.URL})
	r.hook("fine", map[string]any{"url": fine.URL})
	r.start()
	r.running("fine")
	r.running("hung")
	began := time.Now()
	r.send(20, 50)
	eventually(t, "the other destination gets all", func() bool { return fine.distinct() == 1000 })
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %v beside a hanging destination", took)
	}
	if err := inOrder(fine.events()); err != nil {
		t.Error(err)
	}
}

func TestRestartInTheMiddleLosesNothing(t *testing.T) {
	t.Parallel()
	r, s := newRig(t), newSink(t)
	r.hook("hook", map[string]any{"url": s.URL})
	r.start()
	r.running("hook")
	s.set(func(http.ResponseWriter, *http.Request, got) bool {
		time.Sleep(time.Millisecond)
		return false
	})
	r.send(30, 50)
	for range 3 {
		at := s.asked()
		eventually(t, "some events are under way", func() bool { return s.asked() > at+100 })
		r.stop()
		r.start()
	}
	eventually(t, "all events arrive", func() bool { return s.distinct() == 1500 })
	if n := len(s.events()); n != 1500 {
		t.Errorf("a graceful stop repeated %d events", n-1500)
	}
}

func TestCrashRepeatsNoMoreThanTheLastCheckpoint(t *testing.T) {
	t.Parallel()
	dead := make(chan struct{})
	var r *rig
	crashed := false
	r = newRig(t, func(o *deliver.Options) {
		o.CheckpointEvery = 100
		o.Checkpoint = time.Hour // only the number counts
		if !crashed {
			o.Store = mortal{r.store, dead}
		}
	})
	s := newSink(t)
	r.hook("hook", map[string]any{"url": s.URL})
	r.start()
	r.running("hook")
	r.send(30, 50)
	eventually(t, "some events are delivered", func() bool { return s.asked() > 700 })
	close(dead)
	r.stop()
	crashed = true
	r.start()
	eventually(t, "all events arrive", func() bool { return s.distinct() == 1500 })
	// One checkpoint may be on its way while the next hundred are delivered;
	// and 16 are in flight.
	if n := len(s.events()) - 1500; n > 2*100+512 {
		t.Errorf("%d repeats", n)
	}
}

func TestStoreThatFailsForAWhileLosesNothing(t *testing.T) {
	t.Parallel()
	weak := &ailing{}
	r := newRig(t, func(o *deliver.Options) { o.Store = weak })
	weak.Store = r.store
	s := newSink(t)
	s.set(func(w http.ResponseWriter, _ *http.Request, g got) bool {
		if g.Properties.Visitor == 1 {
			w.WriteHeader(http.StatusUnprocessableEntity)
			return true
		}
		return false
	})
	r.hook("hook", map[string]any{"url": s.URL})
	r.start()
	r.running("hook")
	weak.ill.Store(true)
	r.send(10, 50)
	eventually(t, "delivery goes on", func() bool { return s.distinct() == 450 })
	if n := len(r.outcomes("hook")); n != 0 {
		t.Errorf("the store is ill and counted %d outcomes", n)
	}
	weak.ill.Store(false)
	want := map[string]int64{"delivered": 450, "failed 422": 50}
	eventually(t, "all is saved", func() bool { return equal(r.outcomes("hook"), want) && len(r.letters("hook")) == 50 })
	r.stop()
	if n := len(s.events()); n != 450 {
		t.Errorf("%d deliveries of 450", n)
	}
}

func TestSwitchedOffAndOnAgain(t *testing.T) {
	t.Parallel()
	r, s := newRig(t), newSink(t)
	r.hook("hook", map[string]any{"url": s.URL})
	r.start()
	r.running("hook")
	r.send(2, 1)
	eventually(t, "first events arrive", func() bool { return s.distinct() == 2 })
	r.enable("hook", false)
	eventually(t, "it pauses", func() bool { return r.status("hook").State == deliver.StatePaused })
	r.send(2, 1)
	time.Sleep(2 * time.Millisecond)
	r.enable("hook", true)
	r.running("hook")
	r.send(2, 1)
	eventually(t, "later events arrive", func() bool { return s.distinct() == 4 })
	r.stop()
	for _, g := range s.events() {
		if g.Properties.N == 1 {
			t.Errorf("event %s came while the destination was off", g.MessageID)
		}
	}
}

func TestChangedSettingsTakeOver(t *testing.T) {
	t.Parallel()
	r, one, two := newRig(t), newSink(t), newSink(t)
	r.hook("hook", map[string]any{"url": one.URL})
	r.start()
	r.running("hook")
	one.set(func(http.ResponseWriter, *http.Request, got) bool {
		time.Sleep(time.Millisecond)
		return false
	})
	r.send(20, 50)
	eventually(t, "delivery is under way", func() bool { return one.asked() > 100 })
	r.update("hook", store.DestinationPatch{Settings: map[string]any{"url": two.URL}})
	eventually(t, "all events arrive, here or there", func() bool { return one.distinct()+two.distinct() == 1000 })
	if n := len(one.events()) + len(two.events()); n != 1000 {
		t.Errorf("%d deliveries of 1000 events", n)
	}
	eventually(t, "the counters go on counting", func() bool { return r.status("hook").Delivered == 1000 })
}

func TestWrongSettingsKeepThePlace(t *testing.T) {
	t.Parallel()
	r, s := newRig(t), newSink(t)
	r.hook("hook", map[string]any{"url": "ftp://nowhere"}) // this store does not check
	r.start()
	eventually(t, "it is invalid", func() bool { return r.status("hook").State == deliver.StateInvalid })
	if st := r.status("hook"); st.LastError == "" {
		t.Errorf("no error in %+v", st)
	}
	r.send(3, 3)
	r.update("hook", store.DestinationPatch{Settings: map[string]any{"url": s.URL}})
	eventually(t, "what waited arrives", func() bool { return s.distinct() == 9 })
}

func TestDeletedDestinationIsForgotten(t *testing.T) {
	t.Parallel()
	r, s := newRig(t), newSink(t)
	s.status(500)
	r.hook("hook", map[string]any{"url": s.URL})
	r.start()
	r.running("hook")
	r.send(5, 1)
	eventually(t, "events are parked", func() bool { return r.status("hook").Retrying == 5 })
	if err := r.store.DeleteDestination(r.ctx, tester, "hook", 0); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is gone", func() bool { _, ok := r.engine.Status("hook"); return !ok })
	r.stop()
	n, _, err := r.store.CountParked(r.ctx, "hook")
	cursors, err2 := r.store.LoadCursors(r.ctx)
	if n != 0 || err != nil || len(cursors["hook"]) != 0 || err2 != nil {
		t.Errorf("%d parked, cursors %v, %v %v", n, cursors["hook"], err, err2)
	}
}

func TestCursorBeyondTheLogGoesBackToItsEnd(t *testing.T) {
	t.Parallel()
	r, s := newRig(t), newSink(t)
	r.hook("hook", map[string]any{"url": s.URL})
	if err := r.store.Checkpoint(r.ctx, deliver.Checkpoint{
		Destination: "hook", Cursors: map[int]deliver.Cursor{0: {Seq: 1}, 1: {Seq: 1}, 2: {Seq: 1}, 3: {Seq: 99}},
	}); err != nil {
		t.Fatal(err)
	}
	r.start()
	r.running("hook")
	r.send(8, 1)
	eventually(t, "all events arrive", func() bool { return s.distinct() == 8 })
}

func TestRetentionAheadOfTheCursorIsReported(t *testing.T) {
	t.Parallel()
	r, s := newRig(t), newSink(t)
	small, err := eventlog.Open(eventlog.Options{
		Dir: t.TempDir(), Partitions: 1, FileSize: 16 << 10, MaxBytes: 64 << 10, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.clean.Close(); err != nil {
		t.Fatal(err)
	}
	r.clean = small
	t.Cleanup(func() { small.Close() })
	r.hook("hook", map[string]any{"url": s.URL})
	if err := r.store.Checkpoint(r.ctx, deliver.Checkpoint{Destination: "hook", Cursors: map[int]deliver.Cursor{0: {Seq: 1}}}); err != nil {
		t.Fatal(err)
	}
	for first := uint64(0); first < 2; first, _ = small.Bounds(0) {
		r.send(5, 10)
	}
	r.start()
	r.running("hook")
	r.send(5, 1)
	eventually(t, "the newest events arrive", func() bool {
		newest := 0
		for _, g := range s.events() {
			if g.Properties.N == r.sent-1 {
				newest++
			}
		}
		return newest == 5
	})
	if st := r.status("hook"); st.LostChunks == 0 || st.LostAt.IsZero() || !strings.Contains(st.LastError, "gone from the log") {
		t.Errorf("status: %+v", st)
	}
}

func TestSaysWhatTheLogHasToKeep(t *testing.T) {
	t.Parallel()
	r, s := newRig(t), newSink(t)
	s.status(500)
	r.start()
	eventually(t, "nobody needs anything", func() bool { return r.engine.Keep(0) == math.MaxUint64 })
	r.hook("hook", map[string]any{"url": s.URL})
	r.running("hook")
	r.send(40, 1)
	eventually(t, "the breaker opens", func() bool { return r.status("hook").State == deliver.StateBreaker })
	for p := range r.clean.Partitions() {
		if _, next := r.clean.Bounds(p); r.engine.Keep(p) > next || r.engine.Keep(p) == 0 {
			t.Errorf("partition %d: keep from %d of %d", p, r.engine.Keep(p), next)
		}
	}
	r.enable("hook", false)
	eventually(t, "a destination that is off keeps nothing", func() bool { return r.engine.Keep(0) == math.MaxUint64 })
	r.stop()
	if r.start(); r.engine.Keep(0) != 0 && r.engine.Keep(0) != math.MaxUint64 {
		t.Error("keeps something of nothing")
	}
}

func equal(a, b map[string]int64) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}
