package deliver_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/deliver"
	"github.com/secantdev/secant/destination"
)

// vendor is an outside world inside the process, for tests about hours.
type vendor struct {
	batch int
	send  func(ctx context.Context, events []destination.Event) error

	mu    sync.Mutex
	calls []time.Time
	ids   []string // accepted
	busy  int
	most  int
}

func (v *vendor) definition() destination.Definition {
	return destination.Definition{
		Slug: "vendor", Name: "Vendor", Description: "A test.", Category: "Test",
		New: func(destination.Env, map[string]any) (destination.Instance, error) { return v, nil },
	}
}

func (v *vendor) MaxBatch() int { return max(v.batch, 1) }
func (v *vendor) Close() error  { return nil }

func (v *vendor) Send(ctx context.Context, events []destination.Event) error {
	v.mu.Lock()
	v.calls = append(v.calls, time.Now())
	v.busy++
	v.most = max(v.most, v.busy)
	v.mu.Unlock()
	err := v.send(ctx, events)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.busy--
	var each destination.Errors
	for i, e := range events {
		if err == nil || errors.As(err, &each) && each[i] == nil {
			v.ids = append(v.ids, e.ID)
		}
	}
	return err
}

func (v *vendor) called() []time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]time.Time(nil), v.calls...)
}

func (v *vendor) accepted() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]string(nil), v.ids...)
}

// connect starts an engine with v as the destination "v".
func (r *rig) connect(v *vendor) {
	r.t.Helper()
	r.defs = append(r.defs, v.definition())
	r.add(secant.Destination{ID: "v", Name: "v", Source: "shop", Type: "vendor", Enabled: true})
	r.start()
	r.running("v")
}

var errDown = errors.New("down")

func TestGivesUpAfterFourHours(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(o *deliver.Options) { o.Checkpoint = time.Second })
		v := &vendor{send: func(context.Context, []destination.Event) error { return destination.Retry(errDown, 0) }}
		r.connect(v)
		r.send(1, 1)
		time.Sleep(3*time.Hour + 50*time.Minute)
		if n := len(r.letters("v")); n != 0 {
			t.Fatal("given up early")
		}
		time.Sleep(12 * time.Minute)
		letters := r.letters("v")
		if len(letters) != 1 {
			t.Fatalf("%d dead letters after four hours", len(letters))
		}
		l, calls := letters[0], v.called()
		// So many failures in a row open the breaker, and the last attempt waits
		// for its probe: at most five quarters of its longest interval, a minute.
		if took := l.FailedAt.Sub(l.FirstAt); took < 4*time.Hour || took > 4*time.Hour+77*time.Second {
			t.Errorf("given up after %v", took)
		}
		if l.Attempts != len(calls) || len(calls) < 25 || len(calls) > 60 || l.Error != "down" || l.Reason != secant.ReasonRetry {
			t.Errorf("%d attempts, %d calls, %s %s", l.Attempts, len(calls), l.Reason, l.Error)
		}
		for i := 1; i < len(calls); i++ {
			if gap := calls[i].Sub(calls[i-1]); gap < 500*time.Millisecond || gap > 15*time.Minute+2*time.Second {
				t.Errorf("wait %d was %v", i, gap)
			}
		}
		r.stop()
		if got := r.outcomes("v"); got["failed RETRY"] != 1 || got["retried RETRY"] != int64(len(calls)-1) {
			t.Errorf("counters: %v", got)
		}
	})
}

func TestBreakerProbesAtGrowingIntervalsAndKeepsOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(o *deliver.Options) { o.Checkpoint = time.Second })
		down := true
		v := &vendor{}
		v.send = func(context.Context, []destination.Event) error {
			time.Sleep(10 * time.Millisecond)
			v.mu.Lock()
			defer v.mu.Unlock()
			if down {
				return destination.Retry(errDown, 0)
			}
			return nil
		}
		r.connect(v)
		r.send(100, 20)
		time.Sleep(10 * time.Minute)
		st := r.status("v")
		if st.State != deliver.StateBreaker || time.Until(st.NextProbe) <= 0 || time.Until(st.NextProbe) > 75*time.Second {
			t.Fatalf("status: %+v", st)
		}
		calls := v.called()
		if len(calls) > 60 {
			t.Errorf("%d attempts in ten minutes of a dead destination", len(calls))
		}
		for i := len(calls) - 5; i < len(calls); i++ {
			if gap := calls[i].Sub(calls[i-1]); gap < 44*time.Second || gap > 76*time.Second {
				t.Errorf("a late probe came after %v", gap)
			}
		}
		v.mu.Lock()
		down = false
		v.mu.Unlock()
		time.Sleep(80 * time.Second) // the next probe at the latest
		if n := len(v.accepted()); n != 2000 {
			t.Errorf("%d of 2000 events accepted after recovery", n)
		}
		if st := r.status("v"); st.State != deliver.StateOK || st.Retrying != 0 {
			t.Errorf("status: %+v", st)
		}
	})
}

func TestRetryAfterHoldsTheWholeDestination(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		limited := time.Now().Add(40 * time.Second)
		v := &vendor{}
		v.send = func(context.Context, []destination.Event) error {
			if wait := time.Until(limited); wait > 0 {
				return destination.Retry(errDown, wait)
			}
			return nil
		}
		r.connect(v)
		r.send(200, 1)
		time.Sleep(20 * time.Second)
		if n := len(v.called()); n > 20 {
			t.Errorf("%d attempts though it asked to wait", n)
		}
		time.Sleep(25 * time.Second)
		if n := len(v.accepted()); n != 200 {
			t.Errorf("%d of 200 events accepted", n)
		}
	})
}

func TestPoisonedEventDoesNotStopOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(o *deliver.Options) { o.Checkpoint = time.Second })
		v := &vendor{send: func(_ context.Context, events []destination.Event) error {
			if events[0].ID == "v3-0" {
				panic("cannot happen")
			}
			return nil
		}}
		r.connect(v)
		r.send(50, 10)
		time.Sleep(time.Minute)
		if n := len(v.accepted()); n != 499 {
			t.Errorf("%d events accepted, want 499", n)
		}
		if st := r.status("v"); st.State != deliver.StateOK || st.Retrying != 1 || st.LastErrorReason != secant.ReasonInternal {
			t.Errorf("status: %+v", st)
		}
	})
}

func TestBatchesWithAnAnswerForEachEvent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		v := &vendor{batch: 20}
		largest := 0
		v.send = func(_ context.Context, events []destination.Event) error {
			time.Sleep(time.Second)
			v.mu.Lock()
			defer v.mu.Unlock()
			largest = max(largest, len(events))
			each := make(destination.Errors, len(events))
			for i, e := range events {
				switch {
				case e.ID == "v1-0":
					each[i] = destination.Reject(errors.New("never"))
				case e.ID == "v2-0" && e.Attempt == 1:
					each[i] = errDown
				}
			}
			return each
		}
		r.connect(v)
		r.send(100, 10)
		time.Sleep(2 * time.Minute)
		if n := len(v.accepted()); n != 999 {
			t.Errorf("%d events accepted, want 999", n)
		}
		if l := r.letters("v"); len(l) != 1 || l[0].MessageID != "v1-0" || l[0].Reason != secant.ReasonRejected {
			t.Errorf("dead letters: %+v", l)
		}
		if largest < 10 || largest > 20 {
			t.Errorf("the largest batch had %d events", largest)
		}
	})
}

func TestStopDoesNotWaitForTheDeaf(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		release := make(chan struct{})
		v := &vendor{send: func(context.Context, []destination.Event) error { <-release; return nil }}
		r.connect(v)
		r.send(1, 1)
		time.Sleep(time.Second)
		began := time.Now()
		r.stop()
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("stopping took %v", took)
		}
		close(release)
		synctest.Wait()
	})
}

func TestParkedDeliveriesSurviveARestartWithTheirAge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, func(o *deliver.Options) { o.Checkpoint = time.Second })
		v := &vendor{send: func(context.Context, []destination.Event) error { return errDown }}
		r.connect(v)
		r.send(30, 1) // opens the breaker: some are parked, some wait in their lanes
		for range 8 {
			time.Sleep(30 * time.Minute)
			r.stop()
			r.start()
			r.runs("v")
		}
		time.Sleep(30 * time.Minute)
		for _, l := range r.letters("v") {
			if took := l.FailedAt.Sub(l.FirstAt); took > 4*time.Hour+30*time.Minute { // the breaker lets one in a minute have its last attempt
				t.Errorf("%s was tried for %v", l.MessageID, took)
			}
		}
		if n := len(r.letters("v")); n < 10 {
			t.Errorf("%d dead letters after four and a half hours", n)
		}
		v.send = func(context.Context, []destination.Event) error { return nil }
		time.Sleep(15 * time.Minute)
		if n := len(v.accepted()) + len(r.letters("v")); n != 30 {
			t.Errorf("%d of 30 events settled", n)
		}
	})
}
