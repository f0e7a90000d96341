package live

import (
	"container/list"
	"sync"
	"sync/atomic"
)

// Bounds of the debugger. At a few events a second everything is shown; above,
// a sample.
const (
	sampleRate    = 50       // events a second and source, those that went on
	blockedRate   = 10       // and those that did not, so that they are not drowned
	totalRate     = 2_000    // events a second of all sources
	maxRingBytes  = 4 << 20  // payloads of one source in memory; the store has the rest
	maxRingsBytes = 32 << 20 // payloads of all sources in memory
)

// rate allows so many a second. Being a little off when a second turns while
// several goroutines ask is fine.
type rate struct {
	second atomic.Int64
	taken  atomic.Int64
}

func (r *rate) take(second, limit int64) bool {
	if was := r.second.Load(); was != second && r.second.CompareAndSwap(was, second) {
		r.taken.Store(0)
	}
	return r.taken.Load() < limit && r.taken.Add(1) <= limit
}

// source is what the debugger knows of one source.
type source struct {
	id            string
	passed, stops rate

	// The rest is guarded by debugger.mu.
	ring  []*Event // oldest first
	bytes int64
	place *list.Element // in debugger.recency, nil when ring is empty
}

// debugger keeps the last events of each source: in memory those of the sources
// that were busy last, and for the store those that are new.
type debugger struct {
	total rate

	mu      sync.Mutex
	sources map[string]*source
	recency *list.List // of *source, least recently used first
	bytes   int64
	events  int
	fresh   []*Event // not handed to the store yet
	freshB  int64
}

func (d *debugger) init() {
	d.sources = make(map[string]*source)
	d.recency = list.New()
}

func (d *debugger) source(id string) *source {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, ok := d.sources[id]
	if !ok {
		s = &source{id: id}
		d.sources[id] = s
	}
	return s
}

// wants reports whether the next event of s is part of the sample.
func (d *debugger) wants(s *source, second int64, blocked bool) bool {
	if blocked {
		return s.stops.take(second, blockedRate) && d.total.take(second, totalRate)
	}
	return s.passed.take(second, sampleRate) && d.total.take(second, totalRate)
}

// keep puts ev into the ring of s and before the store.
func (d *debugger) keep(s *source, ev *Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	size := weight(ev)
	s.ring = append(s.ring, ev)
	s.bytes += size
	d.bytes += size
	d.events++
	for len(s.ring) > Kept || s.bytes > maxRingBytes && len(s.ring) > 1 {
		d.drop(s, 1)
	}
	if s.place == nil {
		s.place = d.recency.PushBack(s)
	} else {
		d.recency.MoveToBack(s.place)
	}
	for d.bytes > maxRingsBytes && d.recency.Len() > 1 {
		oldest := d.recency.Front().Value.(*source)
		d.drop(oldest, len(oldest.ring))
	}
	d.fresh = append(d.fresh, ev)
	d.freshB += size
	if len(d.fresh) >= 4*maxFlushEvents || d.freshB >= 4*maxFlushBytes {
		d.fresh = fairly(d.fresh, maxFlushEvents, maxFlushBytes)
		d.freshB = 0
		for _, ev := range d.fresh {
			d.freshB += weight(ev)
		}
	}
}

// drop removes the n oldest events of s from memory.
func (d *debugger) drop(s *source, n int) {
	for _, ev := range s.ring[:n] {
		s.bytes -= weight(ev)
		d.bytes -= weight(ev)
	}
	d.events -= n
	clear(s.ring[:n])
	s.ring = s.ring[n:]
	if len(s.ring) == 0 {
		s.ring = nil
		if s.place != nil {
			d.recency.Remove(s.place)
			s.place = nil
		}
	}
}

// recent returns the events in memory of one source, or of all when it is
// empty, and whether the store can have no others that matter.
func (d *debugger) recent(id string) (events []*Event, complete bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if id == "" {
		for _, s := range d.sources {
			events = append(events, s.ring...)
		}
		return events, false
	}
	s, ok := d.sources[id]
	if !ok {
		return nil, false
	}
	return append(events, s.ring...), len(s.ring) >= Kept
}

// takeFresh returns what is new for the store.
func (d *debugger) takeFresh() []*Event {
	d.mu.Lock()
	defer d.mu.Unlock()
	fresh := d.fresh
	d.fresh, d.freshB = nil, 0
	return fresh
}

func (d *debugger) size() (events int, bytes int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.events, d.bytes
}

// weight is about what an event costs in memory.
func weight(ev *Event) int64 { return int64(len(ev.JSON)) + 512 }

// fairly keeps at most n events and so many bytes, the newest ones and about as
// many of each source; the order stays.
func fairly(events []*Event, n int, bytes int64) []*Event {
	if len(events) <= n {
		n = len(events)
	}
	of := make(map[string]int)
	for _, ev := range events {
		of[ev.Source]++
	}
	share := max(1, n/max(1, len(of)))
	clear(of)
	take := make([]bool, len(events))
	var count int
	for _, limit := range [...]int{share, n} {
		for i := len(events) - 1; i >= 0 && count < n; i-- {
			ev := events[i]
			if take[i] || of[ev.Source] >= limit || weight(ev) > bytes {
				continue
			}
			take[i] = true
			of[ev.Source]++
			bytes -= weight(ev)
			count++
		}
	}
	kept := make([]*Event, 0, count)
	for i, ev := range events {
		if take[i] {
			kept = append(kept, ev)
		}
	}
	return kept
}
