package deliver

import (
	"context"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/egress"
)

// Store keeps what the engine must not forget. Its methods are called from
// several goroutines at once, for one destination never two Checkpoints at the
// same time.
type Store interface {
	// LoadCursors returns the cursors of all destinations, by destination id
	// and partition.
	LoadCursors(ctx context.Context) (map[string]map[int]Cursor, error)

	// Checkpoint applies all of c in one durable transaction.
	Checkpoint(ctx context.Context, c Checkpoint) error

	// DueParked returns up to limit deliveries of a destination that are due
	// at now, those due first first (ties by Position).
	DueParked(ctx context.Context, destination string, now time.Time, limit int) ([]Parked, error)

	// CountParked returns how many deliveries of a destination are parked and
	// when the first is due (zero when none is).
	CountParked(ctx context.Context, destination string) (n int, firstDue time.Time, err error)

	// ResendDead moves dead letters of a destination back to the parked
	// deliveries in one transaction: due at now, Attempts 0, FirstAt zero.
	// No ids means all. It returns how many there were; an id that is no dead
	// letter of the destination is passed over.
	ResendDead(ctx context.Context, destination string, ids []string, now time.Time) (int, error)

	// ForgetDestination deletes the cursors, parked deliveries and dead letters
	// of a destination. Its counts stay.
	ForgetDestination(ctx context.Context, destination string) error
}

// Cursor is the place in one partition of the clean log before which a
// destination has settled every event (delivered, filtered, parked or dead).
type Cursor struct {
	Seq   uint64 // chunk
	Index int    // record within the chunk
}

func (c Cursor) before(d Cursor) bool {
	return c.Seq < d.Seq || c.Seq == d.Seq && c.Index < d.Index
}

// Checkpoint is what happened at a destination since the one before.
type Checkpoint struct {
	Destination string
	Cursors     map[int]Cursor // by partition, to be replaced; partitions not named stay
	DropCursors bool           // delete all the destination's cursors first (it was switched off)
	Park        []Parked       // to insert, or to replace where (Destination, ID) is there
	Unpark      []string       // ids of parked deliveries that are settled; may be absent
	Dead        []DeadLetter   // to insert, or to replace where (Destination, ID) is there
	Counts      []secant.Count // to add
}

// Parked is a delivery that waits for its next attempt.
type Parked struct {
	ID          string // "partition-seq-index" of its event; unique within its destination
	Destination string
	Source      string
	Type        secant.EventType
	Name        string // of a track, page or screen; may be empty
	MessageID   string
	Lane        uint32
	Position    secant.Position // in the clean log
	ReceivedAt  int64           // milliseconds since 1970
	JSON        []byte          // the event
	Attempts    int             // made so far
	FirstAt     time.Time       // of the first attempt; zero when none was made
	DueAt       time.Time       // not before
	Reason      secant.Reason   // of the last failure
	Error       string          // of the last failure, for people
	Exchange    *egress.Exchange
}

// DeadLetter is a delivery that was given up, kept until an operator sends it
// again or it is forgotten. DueAt means nothing here.
type DeadLetter struct {
	Parked
	FailedAt time.Time
}
