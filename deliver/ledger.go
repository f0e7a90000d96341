package deliver

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/secantdev/secant"
)

// Bounds of the names that are counted apart, as for sources.
const (
	maxNames     = 2000
	maxNameBytes = 200
)

// countKey is a secant.Count without its number and destination.
type countKey struct {
	minute  int64
	source  string
	typ     secant.EventType
	name    string
	reason  secant.Reason
	outcome secant.Outcome
}

// ledger is what has happened and is not saved yet. Guarded by the runner's
// lock.
type ledger struct {
	park    map[string]Parked // by id
	unpark  map[string]bool
	dead    map[string]DeadLetter
	counts  map[countKey]int64
	settled int // events
	unsaved int // of those, that had been parked: their slots are free once saved
}

func newLedger() *ledger {
	return &ledger{
		park:   map[string]Parked{},
		unpark: map[string]bool{},
		dead:   map[string]DeadLetter{},
		counts: map[countKey]int64{},
	}
}

// empty reports whether only cursors can have moved.
func (l *ledger) empty() bool {
	return len(l.park)+len(l.unpark)+len(l.dead)+len(l.counts) == 0
}

// checkpoint renders the ledger for the store.
func (l *ledger) checkpoint(destination string) Checkpoint {
	c := Checkpoint{Destination: destination}
	for _, p := range l.park {
		c.Park = append(c.Park, p)
	}
	for id := range l.unpark {
		c.Unpark = append(c.Unpark, id)
	}
	for _, d := range l.dead {
		c.Dead = append(c.Dead, d)
	}
	for k, n := range l.counts {
		c.Counts = append(c.Counts, secant.Count{
			Minute: k.minute, Source: k.source, Type: k.typ, Name: k.name,
			Destination: destination, Reason: k.reason, Outcome: k.outcome, N: n,
		})
	}
	return c
}

// names decides which event names are counted apart. Guarded by the runner's
// lock.
type names map[string]string // as in the record → as counted

func (n names) of(raw string) string {
	if raw == "" {
		return ""
	}
	if name, ok := n[raw]; ok {
		return name
	}
	if len(n) >= maxNames {
		return secant.OtherNames
	}
	name := unquote(raw)
	n[raw] = name
	return name
}

// unquote decodes the contents of a JSON string and cuts it to what a name may
// have.
func unquote(raw string) string {
	name := raw
	var decoded string
	if json.Unmarshal([]byte(`"`+raw+`"`), &decoded) == nil {
		name = decoded
	}
	if len(name) <= maxNameBytes {
		return name
	}
	n := maxNameBytes
	for n > 0 && name[n]&0xC0 == 0x80 {
		n--
	}
	return name[:n]
}

func minuteOf(t time.Time) int64 { return t.Unix() / 60 }

func parkedID(p secant.Position) string { return fmt.Sprintf("%d-%d-%d", p.Partition, p.Seq, p.Index) }
