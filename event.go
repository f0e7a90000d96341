package secant

import "fmt"

// EventType is the kind of call an event came from, by Segment's spec.
type EventType uint8

// Event types. TypeUnknown marks a batch item whose type could not be told.
const (
	TypeUnknown EventType = iota
	TypeTrack
	TypeIdentify
	TypePage
	TypeScreen
	TypeGroup
	TypeAlias
)

var typeNames = [...]string{"", "track", "identify", "page", "screen", "group", "alias"}

// String returns the wire name ("track"), or "" for TypeUnknown.
func (t EventType) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return ""
}

// ParseEventType returns the type with this wire name, or TypeUnknown.
func ParseEventType(s string) EventType {
	for i, n := range typeNames {
		if n == s {
			return EventType(i)
		}
	}
	return TypeUnknown
}

// EventTypes lists the types an event can have.
func EventTypes() []EventType {
	return []EventType{TypeTrack, TypeIdentify, TypePage, TypeScreen, TypeGroup, TypeAlias}
}

// Position is where an event lies in a log: the Index-th record of the chunk
// with sequence Seq in Partition.
type Position struct {
	Partition int    `json:"partition"`
	Seq       uint64 `json:"seq"`
	Index     int    `json:"index"`
}

// String returns "partition/seq/index".
func (p Position) String() string { return fmt.Sprintf("%d/%d/%d", p.Partition, p.Seq, p.Index) }

// Verdict is what the pipeline decided about one collected event. Reason is
// empty when the event went on to the clean log. The record's bytes belong to
// the caller and are valid only during the call that hands the verdict over.
type Verdict struct {
	Record   Record
	Reason   Reason
	Position Position // in the raw log
}
