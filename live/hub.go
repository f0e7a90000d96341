package live

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/secantdev/secant"
)

// Options are what a Hub needs.
type Options struct {
	Store  Store
	Logger *slog.Logger     // nil discards
	Now    func() time.Time // nil is time.Now
}

// Hub counts verdicts, keeps the debugger's rings and serves subscriptions. Its
// methods are safe for concurrent use, except that there is one caller of
// Observe for a partition at a time.
//
// Lock order: flushMu, then a tally's mu, then debugger.mu or names.mu.
type Hub struct {
	store Store
	log   *slog.Logger
	now   func() time.Time

	debugger debugger
	names    names
	unknown  unknownKeys
	door     tally // what was refused at the door: no position

	talliesMu sync.Mutex
	tallies   atomic.Pointer[[]*tally] // by partition, replaced when it grows

	subsMu sync.Mutex
	subs   atomic.Pointer[[]*Subscription]

	flushMu sync.Mutex
	unsaved unsaved
	failing string // the last flush's error, so that it is logged once
	health  atomic.Pointer[error]

	accepted, blocked, refused atomic.Int64
}

// Open returns a hub that goes on where the store says the last one ended.
func Open(ctx context.Context, o Options) (*Hub, error) {
	h := &Hub{store: o.Store, log: o.Logger, now: o.Now}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	if h.now == nil {
		h.now = time.Now
	}
	h.debugger.init()
	h.names.init()
	h.unknown.init()
	h.door.init(0)
	h.unsaved.init()
	h.tallies.Store(&[]*tally{})
	h.subs.Store(&[]*Subscription{})
	positions, err := h.store.LoadObserved(ctx)
	if err != nil {
		return nil, fmt.Errorf("load observed positions: %w", err)
	}
	for partition, seq := range positions {
		t := h.tally(partition)
		t.seq, t.drained = seq, seq
	}
	return h, nil
}

// Observe takes the verdicts on all records of chunk seq of a partition of the
// raw log. A chunk that was observed before changes nothing. Chunks of a
// partition must come in order; gaps are chunks that were damaged. The
// verdicts' bytes are not kept.
func (h *Hub) Observe(partition int, seq uint64, verdicts []secant.Verdict) {
	t := h.tally(partition)
	t.mu.Lock()
	defer t.mu.Unlock()
	if seq <= t.seq {
		return
	}
	now := h.now()
	h.names.turn(now)
	var accepted int64
	for i := range verdicts {
		v := &verdicts[i]
		if t.last == nil || t.last.source.id != v.Record.Source {
			t.last = t.of(v.Record.Source, &h.debugger)
		}
		if v.Reason == "" {
			accepted++
		}
		t.add(&h.names, &v.Record, v.Reason)
	}
	h.show(t, now, verdicts)
	t.seq = seq
	h.accepted.Add(accepted)
	h.blocked.Add(int64(len(verdicts)) - accepted)
}

// show hands the events that are to be seen to the debugger and to the
// subscriptions.
func (h *Hub) show(t *tally, now time.Time, verdicts []secant.Verdict) {
	second := now.Unix()
	subs := *h.subs.Load()
	for i := range verdicts {
		v := &verdicts[i]
		if t.last.source.id != v.Record.Source {
			t.last = t.of(v.Record.Source, &h.debugger)
		}
		var ev *Event
		if h.debugger.wants(t.last.source, second, v.Reason != "") {
			ev = newEvent(v)
			h.debugger.keep(t.last.source, ev)
		}
		for _, s := range subs {
			if !s.wants(second, v) {
				continue
			}
			if ev == nil {
				ev = newEvent(v)
			}
			s.offer(ev)
		}
	}
}

// ObservedUpTo returns the last chunk of a partition that was observed, 0 when
// none was. What was observed but not yet saved counts: after a crash the
// answer is what Open found in the store.
func (h *Hub) ObservedUpTo(partition int) uint64 {
	t := h.tally(partition)
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.seq
}

// Refused counts n events (or requests, where the events could not be told)
// that were answered without being kept: for a known source, or for a write key
// that belongs to none, with source empty. Up to a second of it is lost in a
// crash.
func (h *Hub) Refused(source, writeKey string, reason secant.Reason, n int) {
	now := h.now()
	h.door.mu.Lock()
	*h.door.row(countKey{
		minute: now.Unix() / 60, source: source, reason: reason, outcome: secant.OutcomeRefused,
	}) += int64(n)
	h.door.mu.Unlock()
	h.refused.Add(int64(n))
	if source == "" && writeKey != "" {
		h.unknown.see(writeKey, now)
	}
}

// UnknownKeys returns the write keys without a source that were used last, the
// newest first, at most 50.
func (h *Hub) UnknownKeys() []UnknownKey { return h.unknown.list() }

// Stats are the hub's own numbers since it was opened.
type Stats struct {
	Accepted, Blocked, Refused int64 // events
	Subscribers                int
	KeptEvents                 int   // in memory
	KeptBytes                  int64 // of their payloads
}

// Stats returns the numbers of now.
func (h *Hub) Stats() Stats {
	s := Stats{
		Accepted:    h.accepted.Load(),
		Blocked:     h.blocked.Load(),
		Refused:     h.refused.Load(),
		Subscribers: len(*h.subs.Load()),
	}
	s.KeptEvents, s.KeptBytes = h.debugger.size()
	return s
}

// Health returns nil, or why the last attempt to save failed.
func (h *Hub) Health() error {
	if p := h.health.Load(); p != nil {
		return *p
	}
	return nil
}

// tally returns the tally of a partition, making it on the first call.
func (h *Hub) tally(partition int) *tally {
	if ts := *h.tallies.Load(); partition < len(ts) {
		return ts[partition]
	}
	h.talliesMu.Lock()
	defer h.talliesMu.Unlock()
	ts := *h.tallies.Load()
	for len(ts) <= partition {
		t := &tally{}
		t.init(len(ts))
		ts = append(ts[:len(ts):len(ts)], t)
	}
	h.tallies.Store(&ts)
	return ts[partition]
}
