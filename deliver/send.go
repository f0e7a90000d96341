package deliver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/destination"
	"github.com/secantdev/secant/egress"
)

// sendTimeout bounds one call of Send, for destinations that set no deadline of
// their own.
const sendTimeout = time.Minute

// wake makes a worker look at the lanes: one that waits, else a new one. The
// runner's lock is held.
func (r *runner) wake() {
	switch {
	case r.idle > 0:
		r.idle-- // by the waker, so that two jobs do not wake the same worker
		r.work.Signal()
	case r.running < r.e.opts.Concurrency && !r.closing:
		r.running++
		r.workers.Go(r.worker)
	}
}

// wakeAll makes every worker look again. The runner's lock is held.
func (r *runner) wakeAll() {
	r.idle = 0
	r.work.Broadcast()
}

// worker sends what the lanes hold until the runner stops.
func (r *runner) worker() {
	var batch []*job
	var taken []*lane
	var events []destination.Event
	for {
		var probe, ok bool
		if batch, taken, probe, ok = r.next(batch[:0], taken[:0]); !ok {
			return
		}
		events = events[:0]
		for _, j := range batch {
			events = append(events, destination.Event{
				ID: j.id, Type: j.typ, JSON: j.json, ReceivedAt: time.UnixMilli(j.receivedAt), Attempt: j.attempts + 1,
			})
		}
		trace := &egress.Trace{Secrets: r.secrets, SecretHeaders: r.secretHeaders}
		ctx, cancel := context.WithTimeout(egress.WithTrace(r.sending, trace), sendTimeout)
		started := time.Now()
		err := call(ctx, r.instance, r.log, events)
		cancel()
		r.settle(batch, taken, probe, started, judge(err, len(batch)), trace)
		clear(events)
		clear(batch)
		clear(taken)
	}
}

// next waits for jobs that may be sent now. When the runner stops it only fills
// holes, so that the cursors can move up to the last event that was settled and
// nothing is repeated; then it returns false.
func (r *runner) next(batch []*job, taken []*lane) (_ []*job, _ []*lane, probe, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for !r.closing {
		if r.lanes.ready.len() > 0 && !r.full() {
			may, probe, until := r.breaker.allow(time.Now())
			if may {
				n := r.batch
				if probe {
					n = 1
				}
				r.breaker.begin(probe)
				batch, taken = r.lanes.take(n, batch, taken)
				return batch, taken, probe, true
			}
			if !until.IsZero() {
				r.wakeAt(until)
			}
		}
		r.idle++
		r.work.Wait()
	}
	if !r.breaker.open && r.sending.Err() == nil {
		batch, taken = r.lanes.takeHoles(batch, taken)
	}
	return batch, taken, false, len(batch) > 0
}

// full reports whether so much waits for the store that sending more would only
// pile up in memory.
func (r *runner) full() bool {
	if r.ledger.settled >= maxUnsaved || len(r.ledger.park)+len(r.ledger.dead) >= maxUnsavedRows {
		r.stalled = true
		r.poke()
	}
	return r.stalled
}

// wakeAt makes a worker look again at t.
func (r *runner) wakeAt(t time.Time) {
	if r.alarm == nil {
		r.alarm = time.AfterFunc(time.Until(t), func() {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.wake()
		})
		return
	}
	r.alarm.Reset(time.Until(t))
}

// call sends events and turns a panic into an error.
func call(ctx context.Context, inst destination.Instance, log *slog.Logger, events []destination.Event) (err error) {
	defer func() {
		if p := recover(); p != nil {
			log.Error("a destination panicked; its events are retried", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = &panicError{p}
		}
	}()
	return inst.Send(ctx, events)
}

// panicError is a panic of a destination.
type panicError struct{ value any }

func (e *panicError) Error() string         { return fmt.Sprintf("the destination panicked: %v", e.value) }
func (e *panicError) Reason() secant.Reason { return secant.ReasonInternal }

// fate is what an attempt came to for one event.
type fate uint8

const (
	accepted fate = iota
	rejected
	failed // for now
)

type verdict struct {
	fate   fate
	reason secant.Reason
	text   string
	after  time.Duration
}

// judge turns the answer of Send into a verdict for each of n events.
func judge(err error, n int) []verdict {
	v := make([]verdict, n)
	if err == nil {
		return v
	}
	var each destination.Errors
	if errors.As(err, &each) && len(each) == n {
		for i, e := range each {
			v[i] = judgeOne(e)
		}
		return v
	}
	one := judgeOne(err)
	for i := range v {
		v[i] = one
	}
	return v
}

func judgeOne(err error) verdict {
	if err == nil {
		return verdict{}
	}
	v := verdict{fate: failed, text: err.Error()}
	reason, known := destination.Reason(err)
	v.reason = reason
	var reject *destination.RejectError
	if errors.As(err, &reject) {
		v.fate = rejected
		if !known {
			v.reason = secant.ReasonRejected
		}
		return v
	}
	if !known {
		v.reason = egress.Reason(err)
	}
	if v.reason == secant.ReasonTimeout {
		v.text = "the destination did not answer in time"
	}
	var retry *destination.RetryError
	if errors.As(err, &retry) {
		v.after = retry.After
	}
	return v
}
