package live

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/secantdev/secant"
)

// Bounds of a subscription.
const (
	subscriptionRate   = 100     // events a second
	subscriptionBuffer = 256     // events not yet taken by the subscriber
	subscriptionScan   = 8 << 20 // bytes a second searched for Filter.Query
	maxQueryBytes      = 200
)

// Subscription is a live view of the events that match a filter. It sees every
// event, not only those in the debugger's sample, so that a rare event is found
// in a flood; of those that match it gets at most 100 a second.
type Subscription struct {
	hub     *Hub
	filter  matcher
	events  chan Event
	rate    rate
	scan    rate // in kilobytes
	dropped atomic.Int64
	mu      sync.RWMutex // Close against offer
	closed  bool
}

// Subscribe starts a subscription; Filter.After is ignored. The caller must
// Close it. To miss nothing, subscribe first, then call Recent, and skip the
// IDs that come twice.
func (h *Hub) Subscribe(f Filter) *Subscription {
	s := &Subscription{hub: h, filter: newMatcher(f), events: make(chan Event, subscriptionBuffer)}
	h.subsMu.Lock()
	defer h.subsMu.Unlock()
	subs := append(slices.Clone(*h.subs.Load()), s)
	h.subs.Store(&subs)
	return s
}

// Events returns the channel of the events; Close closes it.
func (s *Subscription) Events() <-chan Event { return s.events }

// Dropped returns how many matching events were left out since the last call,
// because there were too many or the subscriber was too slow.
func (s *Subscription) Dropped() int64 { return s.dropped.Swap(0) }

// Close ends the subscription. It may be called more than once.
func (s *Subscription) Close() {
	s.hub.subsMu.Lock()
	subs := slices.DeleteFunc(slices.Clone(*s.hub.subs.Load()), func(o *Subscription) bool { return o == s })
	s.hub.subs.Store(&subs)
	s.hub.subsMu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		close(s.events)
	}
}

// wants reports whether v is to be offered.
func (s *Subscription) wants(second int64, v *secant.Verdict) bool {
	if !s.filter.fields(v.Record.Source, v.Record.Type, v.Record.Name, v.Reason) {
		return false
	}
	if len(s.filter.query) > 0 {
		for range len(v.Record.JSON)>>10 + 1 {
			if !s.scan.take(second, subscriptionScan>>10) {
				return false
			}
		}
		if !s.filter.text(v.Record.JSON) {
			return false
		}
	}
	if !s.rate.take(second, subscriptionRate) {
		s.dropped.Add(1)
		return false
	}
	return true
}

// offer hands ev over if there is room.
func (s *Subscription) offer(ev *Event) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return
	}
	select {
	case s.events <- *ev:
	default:
		s.dropped.Add(1)
	}
}

// Recent returns up to limit of the debugger's events that match, the newest
// first; limit 0 means Kept. Only what the store holds needs reading, so an
// error still comes with the events that are in memory.
func (h *Hub) Recent(ctx context.Context, f Filter, limit int) ([]Event, error) {
	if limit <= 0 || limit > Kept {
		limit = Kept
	}
	memory, complete := h.debugger.recent(f.Source)
	events := make([]Event, 0, len(memory))
	for _, ev := range memory {
		events = append(events, *ev)
	}
	var err error
	if !complete {
		var stored []Event
		if stored, err = h.store.LoadEvents(ctx, f.Source, Kept); err != nil {
			err = fmt.Errorf("load the debugger's events: %w", err)
		}
		events = append(events, stored...)
	}
	slices.SortFunc(events, func(a, b Event) int { return cmp.Compare(b.ID, a.ID) })
	events = slices.CompactFunc(events, func(a, b Event) bool { return a.ID == b.ID && a.Source == b.Source })
	m := newMatcher(f)
	seen := make(map[string]int) // per source, so that no more than Kept of one are shown
	events = slices.DeleteFunc(events, func(ev Event) bool {
		seen[ev.Source]++
		return seen[ev.Source] > Kept || ev.ID <= f.After ||
			!m.fields(ev.Source, ev.Type, []byte(ev.Name), ev.Reason) || !m.text(ev.JSON)
	})
	return events[:min(limit, len(events))], err
}

// matcher is a Filter prepared for many events.
type matcher struct {
	Filter
	query []byte // lower case
}

func newMatcher(f Filter) matcher {
	return matcher{Filter: f, query: lower(cut(f.Query, maxQueryBytes))}
}

// fields matches everything but the query. The name may be raw or decoded.
func (m *matcher) fields(source string, typ secant.EventType, name []byte, reason secant.Reason) bool {
	if m.Source != "" && m.Source != source || m.Type != secant.TypeUnknown && m.Type != typ {
		return false
	}
	switch m.Reason {
	case "":
	case FilterOK:
		if reason != "" {
			return false
		}
	case FilterBlocked:
		if reason == "" {
			return false
		}
	default:
		if m.Reason != string(reason) {
			return false
		}
	}
	return m.Name == "" || m.Name == string(name) || bytes.IndexByte(name, '\\') >= 0 && m.Name == unquote(name)
}

// text matches the query.
func (m *matcher) text(payload []byte) bool {
	q := m.query
	if len(q) == 0 {
		return true
	}
next:
	for i := 0; i+len(q) <= len(payload); i++ {
		for j, c := range q {
			if lowerASCII[payload[i+j]] != c {
				continue next
			}
		}
		return true
	}
	return false
}

func lower(s string) []byte {
	b := []byte(s)
	for i, c := range b {
		b[i] = lowerASCII[c]
	}
	return b
}

var lowerASCII = func() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
		if 'A' <= i && i <= 'Z' {
			t[i] = byte(i) + 'a' - 'A'
		}
	}
	return t
}()
