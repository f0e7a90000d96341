package deliver

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/destination"
)

// Bounds of what one destination holds in memory.
const (
	maxFlight      = 512     // events read from the log and not settled
	maxFlightBytes = 1 << 20 // and their size; one event is always let in
	maxLoaded      = 512     // parked deliveries loaded, until their outcome is saved
	saveLoaded     = 128     // outcomes of those that make a checkpoint due
	maxUnsaved     = 20_000  // settled events that wait for a store that fails
	maxUnsavedRows = 2_000   // parked and dead ones among them, which hold the event
)

// runner delivers to one destination from start to stop.
type runner struct {
	e             *Engine
	dest          *secant.Destination
	def           destination.Definition
	instance      destination.Instance
	batch         int
	filter        *filter
	secrets       []string
	secretHeaders []string
	since         int64 // milliseconds; events received before are not for us
	log           *slog.Logger

	reading context.Context // ends when stop begins
	sending context.Context // ends when the grace period is over
	endRead context.CancelFunc
	endSend context.CancelFunc
	feeders sync.WaitGroup
	workers sync.WaitGroup
	keeper  sync.WaitGroup
	saveNow chan struct{}

	// saving is a ledger that the store has not taken yet, with the cursors
	// that belong to it; only the keeper uses it, and stop after the keeper.
	saving  *Checkpoint
	savedAt time.Time

	mu      sync.Mutex
	work    sync.Cond // workers wait for it
	room    sync.Cond // feeders wait for it
	closing bool
	tracks  []*track
	lanes   lanes
	breaker breaker
	ledger  *ledger
	names   names
	flight  int             // jobs from the log
	bytes   int             // their size
	held    int             // of those, tried before
	loaded  map[string]bool // parked ids in memory or in a ledger
	parked  int             // deliveries parked, saved or not
	dueAt   time.Time       // none of them is due before
	resent  int             // how often others have parked deliveries
	idle    int             // workers waiting that nobody has woken
	running int             // workers
	stalled bool            // workers wait for the store
	alarm   *time.Timer     // wakes a worker when the breaker's probe is due
	latency latency
	status  Status // counters and last error; the rest is filled in when asked
}

// newRunner prepares a runner that begins at cursors; a partition without one
// begins with the events received since the destination was last changed.
func newRunner(e *Engine, d *secant.Destination, cursors map[int]Cursor) (*runner, error) {
	r := &runner{
		e:       e,
		dest:    d,
		log:     e.log.With("destination", d.ID),
		saveNow: make(chan struct{}, 1),
		ledger:  newLedger(),
		names:   names{},
		loaded:  map[string]bool{},
		savedAt: time.Now(),
	}
	r.work.L, r.room.L = &r.mu, &r.mu
	r.breaker.since = time.Now()
	for p := range e.clean.Partitions() {
		t := &track{partition: p}
		_, next := e.clean.Bounds(p)
		if c, ok := cursors[p]; ok {
			t.read, t.saved = c, c
			if c.Seq > next {
				r.log.Warn("the clean log ends before a destination's cursor; it continues at the log's end",
					"partition", p, "cursor", c.Seq, "end", next)
				t.read = Cursor{Seq: next}
			}
		} else {
			start, err := e.startOf(p, next, d.UpdatedAt)
			if err != nil {
				return nil, err
			}
			t.read = Cursor{Seq: start}
			if !d.UpdatedAt.IsZero() {
				r.since = d.UpdatedAt.UnixMilli()
			}
		}
		r.tracks = append(r.tracks, t)
	}
	return r, nil
}

// open makes the destination's instance. Its error is about the settings.
func (r *runner) open() error {
	def, ok := destination.Find(r.e.defs, r.dest.Type)
	if !ok {
		return fmt.Errorf("this version of Secant has no destination type %q", r.dest.Type)
	}
	settings, err := def.Validate(r.dest.Settings)
	if err != nil {
		return err
	}
	inst, err := r.e.instance(def, r.dest, settings)
	if err != nil {
		return err
	}
	r.def, r.instance, r.batch = def, inst, max(inst.MaxBatch(), 1)
	r.secrets, r.secretHeaders = def.SecretValues(settings), def.SecretHeaders(settings)
	r.filter = newFilter(r.dest, def)
	return nil
}

// start begins to deliver. It returns once the destination's place in the log
// is saved, so that a crash right after does not move it.
func (r *runner) start(ctx context.Context) error {
	n, _, err := r.e.store.CountParked(ctx, r.dest.ID)
	if err != nil {
		return fmt.Errorf("count parked deliveries: %w", err)
	}
	r.parked = n
	if err := r.save(ctx, true); err != nil {
		return err
	}
	r.reading, r.endRead = context.WithCancel(context.WithoutCancel(ctx))
	r.sending, r.endSend = context.WithCancel(context.WithoutCancel(ctx))
	for _, t := range r.tracks {
		r.feeders.Go(func() { r.feed(t) })
	}
	r.keeper.Go(r.keep)
	return nil
}

// stop ends delivery: what is being sent has the grace period to finish, what
// is not settled stays in the log or parked. It returns the saved cursors.
func (r *runner) stop() map[int]Cursor {
	r.mu.Lock()
	r.closing = true
	r.idle = 0
	r.work.Broadcast()
	r.room.Broadcast()
	if r.alarm != nil {
		r.alarm.Stop()
	}
	r.mu.Unlock()
	r.endRead()
	r.feeders.Wait()

	late := time.AfterFunc(r.e.opts.Grace, r.endSend)
	if !waitFor(&r.workers, r.e.opts.Grace+2*time.Second) {
		r.log.Error("a destination ignores that its time is over; its last events are sent again later")
	}
	late.Stop()
	r.endSend()
	r.keeper.Wait()
	r.parkHeld()

	// The store has had its second chances; what it does not take now is read
	// from the log again.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.sending), 10*time.Second)
	defer cancel()
	for range 2 { // what failed before, then what is new
		if err := r.save(ctx, true); err != nil {
			r.log.Error("saving a destination's progress failed; events since the last checkpoint are sent again", "error", err)
			break
		}
	}
	if err := r.instance.Close(); err != nil {
		r.log.Warn("closing a destination failed", "error", err)
	}
	return r.savedCursors()
}

func (r *runner) savedCursors() map[int]Cursor {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := make(map[int]Cursor, len(r.tracks))
	for _, t := range r.tracks {
		if t.saved != (Cursor{}) {
			m[t.partition] = t.saved
		}
	}
	return m
}

// parkHeld parks what was tried before and waits in its lane, so that how often
// and since when is not forgotten. All workers have ended.
func (r *runner) parkHeld() {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	for _, t := range r.tracks {
		var tried []*job
		t.pending.each(func(j *job) {
			if !j.done && j.attempts > 0 {
				tried = append(tried, j)
			}
		})
		for _, j := range tried {
			r.park(j, j.last, now, nil)
		}
	}
}

func waitFor(wg *sync.WaitGroup, limit time.Duration) bool {
	done := make(chan struct{})
	go func() {
		wg.Wait()
		close(done)
	}()
	select {
	case <-done:
		return true
	case <-time.After(limit):
		return false
	}
}
