package eventlog

import (
	"errors"
	"time"
)

// MaxPayload is the size of the largest payload an Engine takes: 1 MiB, the
// usual limit for one message of the replicated logs an Engine may stand on.
const MaxPayload = 1 << 20

// MaxPartitions is the largest number of partitions a log can have.
const MaxPartitions = 256

// ErrClosed is returned by calls on a log that has been closed.
var ErrClosed = errors.New("the event log is closed")

// Entry is one chunk as an Engine sees it: opaque bytes and a few facts.
type Entry struct {
	Partition int
	Seq       uint64 // set by Append and Next: dense in the partition, from 1
	Origin    uint64 // the caller's; kept as it is
	Count     int    // number of records in the payload
	First     int64  // received time of the first record, milliseconds since 1970
	Last      int64  // received time of the last record; kept within 49 days of First
	Payload   []byte // at most MaxPayload bytes

	Skipped uint64 // set by Next: chunks just before this one that are damaged
	Missed  uint64 // set by Next: chunks just before this one that retention removed unread
}

// Engine keeps chunks durably, in order, per partition. All methods may be
// called from several goroutines. The package comment of eventlogtest says what
// an implementation has to pass.
type Engine interface {
	// Partitions returns the number of partitions, fixed for the log's life.
	Partitions() int

	// Append makes all entries durable with one commit and sets their Seq. The
	// entries of a partition are numbered in the order given. An error means
	// that none of them is acknowledged and that readers will not see them in
	// this process's life; their numbers are given again. Errors that may pass
	// wrap secant.ErrUnavailable, wrong entries match secant.ErrInvalid. The
	// payloads may be reused once Append has returned.
	Append(entries []Entry) error

	// Read returns a cursor that stands before the chunk numbered from, or
	// before the first kept one if that is higher.
	Read(partition int, from uint64) Cursor

	// Bounds returns the number of the first kept chunk and the one the next
	// chunk will get; they are equal when the partition is empty.
	Bounds(partition int) (first, next uint64)

	// LastOrigin returns the Origin of the newest chunk, 0 when there never was
	// one. It survives the chunk's removal.
	LastOrigin(partition int) uint64

	// Trim says that chunks numbered lower than below are no longer needed.
	// The engine removes them when it can do so cheaply; Bounds tells.
	Trim(partition int, below uint64) error

	// Stats returns counters and sizes.
	Stats() EngineStats

	// Health returns nil, or why Append fails at present.
	Health() error

	// Close makes what was appended final and releases the storage.
	Close() error
}

// Cursor reads one partition in order. It is for one goroutine.
type Cursor interface {
	// Next sets e to the next chunk and returns true, or returns false when
	// every durable chunk has been read; a later call may find new ones. The
	// payload is valid until the next call. Damaged chunks are left out and
	// counted in e.Skipped.
	Next(e *Entry) (bool, error)

	// Seq returns the number the cursor expects next. It moves beyond damaged
	// chunks at the end of the log too.
	Seq() uint64

	// Close releases the cursor.
	Close() error
}

// EngineStats are counters since the log was opened, and present sizes.
type EngineStats struct {
	Files       int           // log files
	Bytes       int64         // what they hold
	Oldest      time.Time     // received time of the oldest kept event, to within a file; zero when empty
	Commits     uint64        // successful commits, each one sync
	Failures    uint64        // failed commits
	Chunks      uint64        // chunks appended
	SyncTime    time.Duration // sum over commits of the time the sync took
	Damaged     uint64        // damaged places found, each counted once
	TornBytes   int64         // incomplete bytes cut off at start
	Unread      uint64        // files removed for MaxBytes that readers still needed
	NextAttempt time.Time     // when writing is tried again after a failure
}
