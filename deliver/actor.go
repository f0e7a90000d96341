package deliver

import (
	"context"
	"reflect"
	"sync"
	"time"

	"github.com/secantdev/secant"
)

// startAgain is the wait before a destination that could not be started, for a
// reason that is not its settings, is tried again.
const startAgain = 5 * time.Second

// actor makes one destination what the workspace says: it starts and stops the
// runner, and forgets what is deleted. Each has its own goroutine, so that one
// that takes its time to stop does not hold up another's change.
type actor struct {
	e    *Engine
	id   string
	poke chan struct{}

	mu      sync.Mutex
	wanted  *secant.Destination // nil: deleted
	known   bool                // wanted was ever set
	current *secant.Destination // what is done now
	state   State               // when there is no runner
	since   time.Time
	fault   string // why there is no runner
	runner  *runner
	cursors map[int]Cursor // where to go on; while there is no runner
	totals  Status         // counters of the runners before
}

func newActor(e *Engine, id string, cursors map[int]Cursor) *actor {
	return &actor{e: e, id: id, poke: make(chan struct{}, 1), cursors: cursors}
}

// want says what the destination should be from now on; nil deletes it. The
// last wish counts.
func (a *actor) want(d *secant.Destination) {
	a.mu.Lock()
	gone := a.known && a.wanted == nil && d == nil
	a.wanted, a.known = d, true
	a.mu.Unlock()
	if gone {
		return // for long, or about to be
	}
	select {
	case a.poke <- struct{}{}:
	default:
	}
}

// run follows the wishes until ctx ends.
func (a *actor) run(ctx context.Context) {
	retry := time.NewTimer(0)
	defer retry.Stop()
	<-retry.C
	for {
		select {
		case <-ctx.Done():
			a.halt()
			return
		case <-a.poke:
		case <-retry.C:
		}
		a.mu.Lock()
		want, known := a.wanted, a.known
		a.mu.Unlock()
		if !known {
			continue
		}
		if err := a.become(ctx, want); err != nil && ctx.Err() == nil {
			a.e.log.Error("changing a destination's delivery failed; trying again", "destination", a.id, "error", err)
			a.mu.Lock()
			a.fault, a.current, a.state, a.since = err.Error(), nil, StateInvalid, time.Now()
			a.mu.Unlock()
			retry.Reset(startAgain)
		}
	}
}

// become makes the destination what want says, unless it is that already.
func (a *actor) become(ctx context.Context, want *secant.Destination) error {
	if a.current != nil && want != nil && same(a.current, want) {
		return nil
	}
	replaced := a.current != nil && want != nil && !a.current.CreatedAt.Equal(want.CreatedAt)
	a.halt()
	if want == nil || replaced {
		if err := a.e.store.ForgetDestination(ctx, a.id); err != nil {
			return err
		}
		a.mu.Lock()
		a.cursors, a.totals = nil, Status{}
		a.mu.Unlock()
		a.set(nil, "", nil)
	}
	switch {
	case want == nil:
		return nil
	case !want.Enabled:
		if len(a.cursors) > 0 {
			if err := a.e.store.Checkpoint(ctx, Checkpoint{Destination: a.id, DropCursors: true}); err != nil {
				return err
			}
		}
		a.mu.Lock()
		a.cursors = nil
		a.mu.Unlock()
		a.set(want, StatePaused, nil)
		return nil
	}
	r, err := newRunner(a.e, want, a.cursors)
	if err != nil {
		return err
	}
	if err := r.open(); err != nil {
		// Its place in the log is kept: once it is corrected, nothing is
		// missing.
		if err := r.save(ctx, true); err != nil {
			return err
		}
		a.mu.Lock()
		a.cursors = r.savedCursors()
		a.mu.Unlock()
		a.set(want, StateInvalid, err)
		a.e.log.Warn("a destination's settings do not work; its events wait in the log", "destination", a.id, "error", err)
		return nil
	}
	r.status = a.totals
	if err := r.start(ctx); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.runner, a.current, a.fault = r, want, ""
	return nil
}

// set notes what the destination is without a runner.
func (a *actor) set(d *secant.Destination, s State, fault error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.current, a.state, a.since, a.fault = d, s, time.Now(), ""
	if fault != nil {
		a.fault = fault.Error()
	}
}

// halt stops the runner, if there is one, and remembers where it was.
func (a *actor) halt() {
	a.mu.Lock()
	r := a.runner
	a.mu.Unlock()
	if r == nil {
		return
	}
	cursors := r.stop()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.runner, a.current, a.cursors, a.totals = nil, nil, cursors, r.counters()
}

// same reports whether a change of a destination changes nothing about its
// delivery.
func same(a, b *secant.Destination) bool {
	return a == b || a.Enabled == b.Enabled && a.Type == b.Type && a.Source == b.Source && a.Name == b.Name &&
		a.CreatedAt.Equal(b.CreatedAt) && reflect.DeepEqual(a.Settings, b.Settings)
}

// refresh tells the runner of n deliveries that were parked behind its back.
func (a *actor) refresh(n int) {
	a.mu.Lock()
	r := a.runner
	a.mu.Unlock()
	if r != nil {
		r.refresh(n)
	}
}

// keeps returns the chunk of a partition that this destination needs first.
func (a *actor) keeps(partition int) (uint64, bool) {
	a.mu.Lock()
	r, c := a.runner, a.cursors
	a.mu.Unlock()
	if r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.tracks[partition].saved.Seq, true
	}
	cursor, ok := c[partition]
	return cursor.Seq, ok
}

// status returns a picture, and false when the destination is deleted or not
// begun yet.
func (a *actor) status() (Status, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.known && a.wanted == nil || a.runner == nil && a.state == "" {
		return Status{}, false
	}
	if a.runner != nil {
		return a.runner.picture(), true
	}
	s := a.totals
	s.Destination, s.State, s.Since = a.id, a.state, a.since
	if a.fault != "" {
		s.LastError, s.LastErrorReason, s.LastErrorAt = a.fault, secant.ReasonInvalidSettings, a.since
	}
	return s, true
}
