package deliver

import (
	"context"
	"fmt"
	"time"
)

// cursorsOnly is how often cursors are saved when nothing else happened:
// reading a few chunks again after a crash repeats no delivery.
const cursorsOnly = 10 * time.Second

// keep saves progress and loads parked deliveries that are due, until the
// runner stops.
func (r *runner) keep() {
	tick := time.NewTicker(r.e.opts.Checkpoint)
	defer tick.Stop()
	fault := ""
	for {
		select {
		case <-r.reading.Done():
			return
		case <-tick.C:
		case <-r.saveNow:
		}
		err := r.save(r.sending, false)
		if err == nil {
			err = r.load(r.reading)
		}
		switch {
		case err == nil:
			if fault != "" {
				fault = ""
				r.log.Info("the store takes a destination's progress again")
			}
		case r.reading.Err() == nil && err.Error() != fault:
			fault = err.Error()
			r.log.Error("saving a destination's progress failed; trying again", "error", err)
		}
	}
}

// save writes a checkpoint of what has happened, if there is anything to write.
// What the store did not take is written again by the next call, before
// anything newer.
func (r *runner) save(ctx context.Context, force bool) error {
	if r.saving == nil {
		r.saving = r.cut(force)
	}
	if r.saving == nil {
		return nil
	}
	if err := r.e.store.Checkpoint(ctx, *r.saving); err != nil {
		return fmt.Errorf("save checkpoint: %w", err)
	}
	c := r.saving
	r.saving = nil
	r.savedAt = time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for p, cursor := range c.Cursors {
		r.tracks[p].saved = cursor
	}
	for _, id := range c.Unpark {
		delete(r.loaded, id)
	}
	for _, p := range c.Park {
		delete(r.loaded, p.ID)
	}
	if r.stalled {
		r.stalled = false
		r.wakeAll()
	}
	return nil
}

// cut takes the ledger and the cursors that belong to it, or returns nil when
// there is nothing worth writing.
func (r *runner) cut(force bool) *Checkpoint {
	r.mu.Lock()
	defer r.mu.Unlock()
	cursors := map[int]Cursor{}
	for _, t := range r.tracks {
		if c := t.cursor(); c != t.saved {
			cursors[t.partition] = c
		}
	}
	if r.ledger.empty() && (len(cursors) == 0 || !force && time.Since(r.savedAt) < cursorsOnly) {
		return nil
	}
	c := r.ledger.checkpoint(r.dest.ID)
	c.Cursors = cursors
	r.ledger = newLedger()
	return &c
}

// load puts parked deliveries that are due into the lanes.
func (r *runner) load(ctx context.Context) error {
	r.mu.Lock()
	limit := maxLoaded
	if r.breaker.open {
		limit = 1 // for the probe; the others wait where they are
		if r.flight > 0 {
			limit = 0
		}
	}
	idle := r.parked == 0 || len(r.loaded) >= limit || time.Now().Before(r.dueAt)
	r.mu.Unlock()
	if idle {
		return nil
	}
	rows, err := r.e.store.DueParked(ctx, r.dest.ID, time.Now(), limit)
	if err != nil {
		return fmt.Errorf("load parked deliveries: %w", err)
	}
	if len(rows) == 0 {
		return r.look(ctx)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range rows {
		p := &rows[i]
		if r.loaded[p.ID] {
			continue
		}
		r.loaded[p.ID] = true
		ready := r.lanes.add(&job{
			id: p.MessageID, source: p.Source, typ: p.Type, name: p.Name, lane: p.Lane, pos: p.Position,
			receivedAt: p.ReceivedAt, json: p.JSON, parked: p.ID, attempts: p.Attempts, firstAt: p.FirstAt,
		})
		if ready {
			r.wake()
		}
	}
	return nil
}

// look asks the store how many deliveries are parked and when the first is due,
// so that it is not asked again before.
func (r *runner) look(ctx context.Context) error {
	r.mu.Lock()
	asked := r.resent
	r.mu.Unlock()
	n, due, err := r.e.store.CountParked(ctx, r.dest.ID)
	if err != nil {
		return fmt.Errorf("count parked deliveries: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	// An answer that something has overtaken would hide it.
	if asked == r.resent && len(r.loaded) == 0 && len(r.ledger.park) == 0 {
		r.parked, r.dueAt = n, due
	}
	return nil
}

// refresh makes the keeper look for parked deliveries that somebody else put
// into the store.
func (r *runner) refresh(n int) {
	r.mu.Lock()
	r.resent++
	r.parked += n
	r.dueAt = time.Time{}
	r.mu.Unlock()
	r.poke()
}

// poke makes a checkpoint due now.
func (r *runner) poke() {
	select {
	case r.saveNow <- struct{}{}:
	default:
	}
}
