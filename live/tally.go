package live

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/secantdev/secant"
)

// Bounds of the counters. Beyond them events are still counted, with the name
// secant.OtherNames.
const (
	maxNamesOfSource = 2_000   // distinct names of one source in a day
	maxNames         = 20_000  // distinct names of all sources in a day
	maxUnsavedRows   = 100_000 // while the store does not take them
	maxNameBytes     = 200     // longer names are cut
)

// countKey is secant.Count without its number.
type countKey struct {
	minute  int64
	source  string
	typ     secant.EventType
	name    string
	reason  secant.Reason
	outcome secant.Outcome
}

// tally counts the verdicts of one partition since the last flush.
type tally struct {
	partition int
	mu        sync.Mutex
	seq       uint64 // last chunk observed
	drained   uint64 // last chunk handed on to be saved
	rows      map[countKey]*int64
	round     uint64 // grows when rows are taken away
	sources   map[string]*sourceTally
	last      *sourceTally // of the record before: most chunks hold few sources
	known     int          // raw names in sources
	epoch     int64        // of the names in sources
}

// sourceTally caches, per source, where events are counted by their raw name:
// counting one like the one before costs a look-up and no allocation.
type sourceTally struct {
	source *source
	names  map[string]*nameTally
}

// nameTally is the row that events of a name were counted in last.
type nameTally struct {
	key   countKey
	round uint64
	n     *int64
}

func (t *tally) init(partition int) {
	t.partition = partition
	t.rows = make(map[countKey]*int64)
	t.round = 1
	t.sources = make(map[string]*sourceTally)
}

func (t *tally) of(source string, d *debugger) *sourceTally {
	st, ok := t.sources[source]
	if !ok {
		st = &sourceTally{source: d.source(source), names: make(map[string]*nameTally)}
		t.sources[st.source.id] = st
	}
	return st
}

// add counts one record of the source t.last.
func (t *tally) add(all *names, r *secant.Record, reason secant.Reason) {
	if epoch := all.epoch.Load(); epoch != t.epoch || t.known > 2*maxNames {
		for _, s := range t.sources {
			clear(s.names)
		}
		t.epoch, t.known = epoch, 0
	}
	nt, ok := t.last.names[string(r.Name)]
	if !ok {
		nt = t.name(all, r)
	}
	minute := r.ReceivedAt / 60_000
	if nt.round != t.round || nt.key.minute != minute || nt.key.typ != r.Type || nt.key.reason != reason {
		nt.key.minute, nt.key.typ, nt.key.reason = minute, r.Type, reason
		nt.key.outcome = secant.OutcomeAccepted
		if reason != "" {
			nt.key.outcome = secant.OutcomeBlocked
		}
		nt.n, nt.round = t.row(nt.key), t.round
	}
	*nt.n++
}

// name decides what the record's name is counted under.
func (t *tally) name(all *names, r *secant.Record) *nameTally {
	st := t.last
	nt := &nameTally{key: countKey{source: st.source.id}}
	if len(r.Name) > 0 {
		nt.key.name = all.admit(st.source.id, cut(unquote(r.Name), maxNameBytes))
	}
	if len(r.Name) <= 4*maxNameBytes {
		st.names[string(r.Name)] = nt
		t.known++
	}
	return nt
}

// row returns the number of a row, to be added to before the rows are taken.
func (t *tally) row(k countKey) *int64 {
	n, ok := t.rows[k]
	if !ok && len(t.rows) >= maxUnsavedRows && k.name != "" {
		k.name = secant.OtherNames
		n, ok = t.rows[k]
	}
	if !ok {
		n = new(int64)
		t.rows[k] = n
	}
	return n
}

// names decides which event names are counted apart. They start afresh every
// day, so that a flood of invented names does not hide real ones for good.
type names struct {
	epoch atomic.Int64
	mu    sync.Mutex
	day   int64
	known map[string]map[string]struct{}
	total int
}

func (n *names) init() { n.known = make(map[string]map[string]struct{}) }

// turn starts a new day when there is one.
func (n *names) turn(now time.Time) {
	day := now.Unix() / 86_400
	if n.epoch.Load() == day {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.day != day {
		n.day, n.total = day, 0
		clear(n.known)
		n.epoch.Store(day)
	}
}

// admit returns the name to count under: name itself, or secant.OtherNames.
func (n *names) admit(source, name string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	of := n.known[source]
	if _, ok := of[name]; ok {
		return name
	}
	if len(of) >= maxNamesOfSource || n.total >= maxNames {
		return secant.OtherNames
	}
	if of == nil {
		of = make(map[string]struct{})
		n.known[source] = of
	}
	of[name] = struct{}{}
	n.total++
	return name
}
