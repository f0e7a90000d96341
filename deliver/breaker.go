package deliver

import (
	"math/bits"
	"math/rand/v2"
	"time"
)

// Limits of the breaker.
const (
	// failuresInRow opens it: enough that one visitor's bad luck does not, few
	// enough that a dead destination costs little.
	failuresInRow = 10
	// askedInRow opens it when each of the failures came with Retry-After.
	askedInRow = 3
	// Of the last historyLen attempts, failuresOfHistory open it too: a
	// destination that takes one event in five is better left alone.
	historyLen        = 64
	failuresOfHistory = 51

	firstProbe = time.Second
	maxProbe   = time.Minute
	// maxAsked is the longest wait that Retry-After can put on a whole
	// destination; a single event waits as long as it was told.
	maxAsked = 5 * time.Minute
)

// breaker decides whether a destination may be sent to. Open, it lets one
// attempt through at a time, at growing intervals, and closes when one
// succeeds. It is not safe for concurrent use: the runner's lock guards it.
type breaker struct {
	open     bool
	since    time.Time // of the last change
	probeAt  time.Time // open: when the next attempt may start
	probing  bool      // open: it has started
	interval time.Duration

	inRow   int    // failures since the last success
	asked   int    // of those, the last ones that came with Retry-After
	history uint64 // last attempts, 1 for a failure, newest lowest
	count   int    // how many are in history
}

// allow reports whether an attempt may start now; until is when to ask again
// (zero: when the attempt under way has ended). probe is true when the attempt
// that starts decides over an open breaker.
func (b *breaker) allow(now time.Time) (ok, probe bool, until time.Time) {
	switch {
	case !b.open:
		return true, false, time.Time{}
	case b.probing:
		return false, false, time.Time{}
	case now.Before(b.probeAt):
		return false, false, b.probeAt
	}
	return true, true, time.Time{}
}

// begin notes that the probe which allow granted starts.
func (b *breaker) begin(probe bool) {
	if probe {
		b.probing = true
	}
}

// abandon notes that the probe ended without an outcome.
func (b *breaker) abandon(probe bool) {
	if probe {
		b.probing = false
	}
}

// succeed notes an attempt that the destination answered with a decision. Any
// success closes the breaker, also that of an attempt begun before it opened.
func (b *breaker) succeed(now time.Time) {
	b.inRow, b.asked = 0, 0
	if b.open {
		*b = breaker{since: now}
		return
	}
	b.record(0)
}

// fail notes an attempt that failed for now; after is what Retry-After asked
// for, or 0. It reports whether this opened the breaker.
func (b *breaker) fail(now time.Time, probe bool, after time.Duration) (opened bool) {
	if b.open {
		if !probe {
			return false // begun before it opened; says nothing new
		}
		b.interval = min(b.interval*2, maxProbe)
		b.wait(now, after)
		return false
	}
	b.inRow++
	b.asked++
	if after == 0 {
		b.asked = 0
	}
	b.record(1)
	full := b.count == historyLen && bits.OnesCount64(b.history) >= failuresOfHistory
	if b.inRow < failuresInRow && b.asked < askedInRow && !full {
		return false
	}
	b.open, b.since, b.interval = true, now, firstProbe
	b.wait(now, after)
	return true
}

func (b *breaker) record(bit uint64) {
	b.history = b.history<<1 | bit
	b.count = min(b.count+1, historyLen)
}

// wait sets the next probe, a little spread so that destinations at one broken
// host do not probe it together.
func (b *breaker) wait(now time.Time, after time.Duration) {
	b.probing = false
	spread := b.interval*3/4 + rand.N(b.interval/2)
	b.probeAt = now.Add(max(spread, min(after, maxAsked)))
}
