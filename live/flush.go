package live

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/secantdev/secant"
)

// Bounds of what one flush writes.
const (
	flushInterval  = time.Second
	maxFlushEvents = 500
	maxFlushBytes  = 4 << 20
	lastFlushTime  = 10 * time.Second // how long Run waits for the store at the end
)

// unsaved is what was taken out of the tallies and is not in the store.
type unsaved struct {
	rows      map[countKey]int64
	positions map[int]uint64
	events    []*Event
}

func (u *unsaved) init() {
	u.rows = make(map[countKey]int64)
	u.positions = make(map[int]uint64)
	u.events = nil
}

// Run saves once a second what was observed, until ctx ends; then it saves the
// rest and returns. While the store fails, Run keeps trying. End whoever calls
// Observe first.
func (h *Hub) Run(ctx context.Context) error {
	tick := time.NewTicker(flushInterval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			h.report(ctx, h.Flush(ctx))
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastFlushTime)
			defer cancel()
			return h.Flush(last)
		}
	}
}

// report logs a failing store once per kind of failure, and its recovery.
func (h *Hub) report(ctx context.Context, err error) {
	switch {
	case err != nil && ctx.Err() == nil && err.Error() != h.failing:
		h.failing = err.Error()
		h.log.ErrorContext(ctx, "counters and debugger are not being saved, trying again every second", "error", err)
	case err == nil && h.failing != "":
		h.failing = ""
		h.log.InfoContext(ctx, "counters and debugger are being saved again")
	}
}

// Flush saves what was observed so far, in one transaction of the store. After
// an error nothing is lost: the next flush has it too.
func (h *Hub) Flush(ctx context.Context) error {
	h.flushMu.Lock()
	defer h.flushMu.Unlock()
	u := &h.unsaved
	for _, t := range *h.tallies.Load() {
		if seq, moved := t.drain(u); moved {
			u.positions[t.partition] = seq
		}
	}
	h.door.drain(u)
	u.events = fairly(append(u.events, h.debugger.takeFresh()...), maxFlushEvents, maxFlushBytes)
	if len(u.rows) == 0 && len(u.positions) == 0 && len(u.events) == 0 {
		return nil
	}
	if err := h.store.SaveObserved(ctx, u.observed()); err != nil {
		err = fmt.Errorf("save counters and debugger: %w", err)
		h.health.Store(&err)
		return err
	}
	h.health.Store(nil)
	u.init()
	return nil
}

// observed returns u as the store takes it.
func (u *unsaved) observed() Observed {
	o := Observed{
		Positions: u.positions,
		Counts:    make([]secant.Count, 0, len(u.rows)),
		Events:    make([]Event, 0, len(u.events)),
	}
	for k, n := range u.rows {
		o.Counts = append(o.Counts, secant.Count{
			Minute: k.minute, Source: k.source, Type: k.typ, Name: k.name,
			Reason: k.reason, Outcome: k.outcome, N: n,
		})
	}
	for _, ev := range u.events {
		o.Events = append(o.Events, *ev)
	}
	return o
}

// drain moves the tally's rows into u and returns the position they reach.
func (t *tally) drain(u *unsaved) (seq uint64, moved bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, n := range t.rows {
		if len(u.rows) >= maxUnsavedRows && k.name != "" {
			if _, ok := u.rows[k]; !ok {
				k.name = secant.OtherNames
			}
		}
		u.rows[k] += *n
	}
	clear(t.rows)
	t.round++
	moved = t.seq != t.drained
	t.drained = t.seq
	return t.seq, moved
}

// unknownKeys remembers the write keys without a source that were used last.
type unknownKeys struct {
	mu   sync.Mutex
	keys map[string]*UnknownKey
}

const maxUnknownKeys = 50

func (u *unknownKeys) init() { u.keys = make(map[string]*UnknownKey) }

func (u *unknownKeys) see(key string, now time.Time) {
	key = cut(key, 128)
	u.mu.Lock()
	defer u.mu.Unlock()
	k, ok := u.keys[key]
	if !ok {
		if len(u.keys) >= maxUnknownKeys {
			var oldest *UnknownKey
			for _, o := range u.keys {
				if oldest == nil || o.LastSeen < oldest.LastSeen {
					oldest = o
				}
			}
			delete(u.keys, oldest.Key)
		}
		k = &UnknownKey{Key: key}
		u.keys[key] = k
	}
	k.Requests++
	k.LastSeen = now.UnixMilli()
}

func (u *unknownKeys) list() []UnknownKey {
	u.mu.Lock()
	defer u.mu.Unlock()
	keys := make([]UnknownKey, 0, len(u.keys))
	for _, k := range u.keys {
		keys = append(keys, *k)
	}
	slices.SortFunc(keys, func(a, b UnknownKey) int { return int(b.LastSeen - a.LastSeen) })
	return keys
}
