package deliver

import (
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/egress"
)

// State is how a destination is doing.
type State string

// States.
const (
	StateOK      State = "ok"           // delivering, or idle with nothing to deliver
	StatePaused  State = "paused"       // switched off: its cursor stands at the newest event
	StateBreaker State = "breaker_open" // it fails: events wait in the log until a probe succeeds
	StateInvalid State = "invalid"      // its settings or type do not work, or it cannot start; events wait in the log
)

// Status is a picture of one destination. Counters count since the process
// started; the durable ones are in the store.
type Status struct {
	Destination string
	State       State
	Since       time.Time // when State began
	NextProbe   time.Time // StateBreaker: when the next event is tried

	Delivered uint64 // events accepted
	Retried   uint64 // attempts that failed and are repeated
	Failed    uint64 // events given up
	Filtered  uint64 // events of the source not meant for the destination

	Retrying int // deliveries parked now
	InFlight int // events read from the log or unparked and not settled

	BacklogChunks uint64        // chunks of the log not settled, of all sources
	BacklogAge    time.Duration // age of the oldest event that waits in the log; 0 when none does

	LostChunks uint64    // chunks that retention or damage took before they were delivered
	LostAt     time.Time // when that was last seen

	LastError       string // of the last failed attempt; empty when none failed
	LastErrorReason secant.Reason
	LastErrorAt     time.Time
	LastDeliveredAt time.Time

	LatencyP50, LatencyP95 time.Duration // from receipt to acceptance, over the last minutes; 0 when nothing was delivered
}

// TestResult is the outcome of Engine.Test.
type TestResult struct {
	OK        bool
	Retryable bool          // not OK: a real delivery would be tried again
	Reason    secant.Reason // not OK: by which name it would be counted
	Error     string        // not OK: for people
	Event     []byte        // what was sent
	Exchanges []egress.Exchange
}

// counters returns what the runner has counted so far.
func (r *runner) counters() Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status
}

// picture returns the runner's status.
func (r *runner) picture() Status {
	now := time.Now()
	next := make([]uint64, len(r.tracks))
	for i, t := range r.tracks {
		_, next[i] = r.e.clean.Bounds(t.partition)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.status
	s.Destination, s.State, s.Since = r.dest.ID, StateOK, r.breaker.since
	if r.breaker.open {
		s.State, s.NextProbe = StateBreaker, r.breaker.probeAt
	}
	s.Retrying = r.parked + r.held
	s.InFlight = r.flight + len(r.loaded)
	oldest := now
	for i, t := range r.tracks {
		s.BacklogChunks += next[i] - min(t.cursor().Seq, next[i])
		if t.pending.len() > 0 {
			if at := time.UnixMilli(t.pending.head().receivedAt); at.Before(oldest) {
				oldest = at
			}
		}
	}
	s.BacklogAge = now.Sub(oldest)
	s.LatencyP50, s.LatencyP95 = r.latency.quantile(now, 0.5), r.latency.quantile(now, 0.95)
	return s
}
