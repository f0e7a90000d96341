package deliver

import (
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/egress"
)

// settle notes what an attempt came to.
func (r *runner) settle(batch []*job, taken []*lane, probe bool, started time.Time, verdicts []verdict, trace *egress.Trace) {
	now := time.Now()
	answered, asked := false, time.Duration(0)
	var exchange *egress.Exchange
	for i, v := range verdicts {
		if v.fate != failed {
			answered = true
		}
		if v.fate != accepted {
			verdicts[i].text = trace.Redact(v.text)
			if exchange == nil {
				exchange = trace.Last()
			}
		}
		asked = max(asked, v.after)
	}

	r.mu.Lock()
	defer r.mu.Unlock()
	if !answered && r.sending.Err() != nil {
		// We broke it off ourselves: nothing is known, nothing is counted.
		r.breaker.abandon(probe)
		for i := len(batch) - 1; i >= 0; i-- {
			r.lanes.hold(batch[i])
		}
		r.lanes.give(taken)
		return
	}
	wasOpen := r.breaker.open
	if answered {
		r.breaker.succeed(now)
	} else if r.breaker.fail(now, probe, asked) {
		r.log.Warn("a destination keeps failing; its events wait until a probe succeeds",
			"reason", verdicts[0].reason, "error", verdicts[0].text)
	}
	// Backwards, so that what is held lies in order at the head of its lane.
	for i := len(batch) - 1; i >= 0; i-- {
		r.settleOne(batch[i], verdicts[i], started, now, exchange)
	}
	r.lanes.give(taken)
	switch {
	case wasOpen && !r.breaker.open:
		r.log.Info("a destination works again")
		r.wakeAll()
		r.poke() // parked deliveries that are due waited too
	case r.breaker.open:
		r.wake() // somebody has to wait for the probe
	default:
		for range min(len(taken), r.lanes.ready.len()) - 1 { // one is taken by this worker itself
			r.wake()
		}
	}
	if r.ledger.settled >= r.e.opts.CheckpointEvery || r.ledger.unsaved >= saveLoaded {
		r.poke()
	}
}

func (r *runner) settleOne(j *job, v verdict, started, now time.Time, exchange *egress.Exchange) {
	r.ledger.settled++
	if v.fate == accepted {
		r.count(j, "", secant.OutcomeDelivered, now)
		r.status.Delivered++
		r.status.LastDeliveredAt = now
		r.latency.add(now, now.Sub(time.UnixMilli(j.receivedAt)))
		r.leave(j)
		return
	}
	r.status.LastError, r.status.LastErrorReason, r.status.LastErrorAt = v.text, v.reason, now
	if j.attempts == 0 {
		if j.firstAt.IsZero() {
			j.firstAt = started
		}
		if j.track != nil {
			r.held++
		}
	}
	j.attempts++
	j.last = v
	due, again := nextAttempt(now, j.firstAt, j.attempts, v.after)
	if v.fate == rejected || !again {
		r.count(j, v.reason, secant.OutcomeFailed, now)
		r.status.Failed++
		r.ledger.dead[j.key()] = DeadLetter{Parked: r.row(j, v, time.Time{}, exchange), FailedAt: now}
		r.leave(j)
		return
	}
	r.count(j, v.reason, secant.OutcomeRetried, now)
	r.status.Retried++
	if j.track != nil && r.breaker.open && v.after <= maxAsked {
		// It is the destination, not the event: it waits in its lane, in order,
		// until the breaker closes or it is its turn to be the probe.
		r.ledger.settled--
		r.lanes.hold(j)
		return
	}
	r.park(j, v, due, exchange)
}

// park notes that j is not tried again before due.
func (r *runner) park(j *job, v verdict, due time.Time, exchange *egress.Exchange) {
	id := j.key()
	r.ledger.park[id] = r.row(j, v, due, exchange)
	delete(r.ledger.unpark, id)
	if due.Before(r.dueAt) {
		r.dueAt = due
	}
	if j.track == nil {
		r.ledger.unsaved++
		return
	}
	r.parked++
	r.release(j)
}

// leave notes that nothing more is to be done for j.
func (r *runner) leave(j *job) {
	if j.track != nil {
		r.release(j)
		return
	}
	delete(r.ledger.park, j.parked)
	r.ledger.unpark[j.parked] = true
	r.ledger.unsaved++
	r.parked--
}

// release frees the place of a job of the log, which is settled or parked.
func (r *runner) release(j *job) {
	j.track.settle(j)
	r.flight--
	r.bytes -= len(j.json)
	if j.attempts > 0 {
		r.held--
	}
	r.room.Broadcast() // one per partition at most, each with an event of another size
}

func (r *runner) row(j *job, v verdict, due time.Time, exchange *egress.Exchange) Parked {
	return Parked{
		ID: j.key(), Destination: r.dest.ID, Source: j.source, Type: j.typ, Name: j.name, MessageID: j.id,
		Lane: j.lane, Position: j.pos, ReceivedAt: j.receivedAt, JSON: j.json,
		Attempts: j.attempts, FirstAt: j.firstAt, DueAt: due, Reason: v.reason, Error: v.text, Exchange: exchange,
	}
}

func (r *runner) count(j *job, reason secant.Reason, outcome secant.Outcome, now time.Time) {
	r.ledger.counts[countKey{minuteOf(now), j.source, j.typ, j.name, reason, outcome}]++
}
