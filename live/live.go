// Package live shows what is happening now: the debugger's last events of
// every source, live subscriptions to them, and the counters that every page
// reads.
//
// It is told the pipeline's verdicts and never slows it down: a subscriber that
// does not keep up misses events and is told how many. Counters are exact: they
// go to the store in the same transaction as the position in the log up to
// which they count, so neither a crash nor a restart loses or doubles one. The
// debugger is a sample at high rates, never a log.
package live

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/secantdev/secant"
)

// Kept is how many events of each source the debugger keeps.
const Kept = 500

// Event is an event as the debugger shows it. Nobody may change it or what it
// points to: it is shared.
type Event struct {
	// ID is unique and stable over restarts; IDs sort, as text, by the time the
	// events were received.
	ID          string
	Source      string
	Type        secant.EventType
	Name        string // event (track) or name (page, screen); may be empty
	MessageID   string
	UserID      string // empty when absent
	AnonymousID string // empty when absent
	Reason      secant.Reason
	Note        secant.Note
	ReceivedAt  int64 // milliseconds since 1970
	Position    secant.Position
	JSON        json.RawMessage
}

// EventID returns the ID of the event at a position.
func EventID(receivedAt int64, p secant.Position) string {
	return fmt.Sprintf("%012x-%03x-%012x-%05x", max(receivedAt, 0), p.Partition, p.Seq, p.Index)
}

// Observed is what the hub hands to the store about once a second. Everything
// in it is to be saved in one transaction, or nothing.
type Observed struct {
	// Positions says, per partition of the raw log, up to which chunk Counts
	// and Events include everything, together with what was saved before. Only
	// partitions that moved are in it. It replaces what was saved before.
	Positions map[int]uint64
	// Counts are to be added to the counters.
	Counts []secant.Count
	// Events are new for the debugger, at most 500. An event whose ID is there
	// already stays as it is. Of every source in Events the store keeps the
	// Kept greatest IDs.
	Events []Event
}

// Store keeps what the hub must not forget.
type Store interface {
	// SaveObserved saves o in one transaction. After an error nothing of it is
	// saved; it is handed over again, with more.
	SaveObserved(ctx context.Context, o Observed) error
	// LoadObserved returns the saved positions by partition; empty at first.
	LoadObserved(ctx context.Context) (map[int]uint64, error)
	// LoadEvents returns up to limit saved events of a source, or of all
	// sources when it is empty, those with the greatest ID first.
	LoadEvents(ctx context.Context, source string, limit int) ([]Event, error)
}

// Filter selects events. Empty fields select all.
type Filter struct {
	Source string
	Type   secant.EventType
	Name   string // exact
	Reason string // a reason's name; "ok" for events that went on; "blocked" for all that did not
	Query  string // text anywhere in the raw payload, ASCII letters in either case; at most 200 bytes of it count
	After  string // an Event.ID: only events with a greater one (for Hub.Recent)
}

// Reasons of a Filter that are not the name of one.
const (
	FilterOK      = "ok"
	FilterBlocked = "blocked"
)

// UnknownKey is a write key that belongs to no source and was sent to the
// collector: usually a typing mistake that somebody is looking for.
type UnknownKey struct {
	Key      string // cut to 128 bytes
	Requests int64  // since it was first seen by this process
	LastSeen int64  // milliseconds since 1970
}
