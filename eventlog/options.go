package eventlog

import (
	"log/slog"
	"strconv"
	"time"

	"github.com/secantdev/secant"
)

// Options say where a log lies and how it behaves. The zero value of every
// field but Dir is a good default.
type Options struct {
	// Dir is the directory of the log, created when absent. One process at a
	// time can have it open.
	Dir string

	// Partitions is the number of partitions, 4 by default. It is fixed when the
	// log is made: opening it with another number is an error.
	Partitions int

	// FileSize is when a new file is begun, in bytes; 128 MiB by default.
	FileSize int64

	// MaxAge removes files whose last event was received longer ago, 0 for
	// never. A file that Keep says is needed stays.
	MaxAge time.Duration

	// MaxBytes bounds the log's size on disk, 0 for no bound. It is a hard
	// limit, for disks that hold other things: the oldest files go even when
	// Keep says they are needed, which is logged as an error and counted in
	// Stats.Unread. The file being written always stays.
	MaxBytes int64

	// Keep returns the lowest chunk number of a partition that some reader
	// still needs, math.MaxUint64 when none does. It is called from time to time
	// from any goroutine. Nil means that nobody needs anything.
	Keep func(partition int) uint64

	// Linger is the longest a commit waits for company, 2 ms by default,
	// negative for never. It waits only when several callers were seen at once.
	Linger time.Duration

	// Pending bounds the bytes of records waiting for a commit; Append waits
	// beyond it. 16 MiB by default.
	Pending int64

	Logger *slog.Logger     // slog.Default() when nil
	Now    func() time.Time // time.Now when nil
}

func (o *Options) normalise() error {
	if o.Dir == "" {
		return secant.Invalid("dir", "", "must name the directory of the event log")
	}
	if o.Partitions == 0 {
		o.Partitions = 4
	}
	if o.Partitions < 0 || o.Partitions > MaxPartitions {
		return secant.Invalid("partitions", strconv.Itoa(o.Partitions), "must be 1 to "+strconv.Itoa(MaxPartitions))
	}
	if o.FileSize == 0 {
		o.FileSize = 128 << 20
	}
	if o.FileSize < 0 || o.FileSize > 64<<30 {
		return secant.Invalid("fileSize", strconv.FormatInt(o.FileSize, 10), "must be 1 to 64 GiB, in bytes")
	}
	if o.MaxAge < 0 {
		return secant.Invalid("maxAge", o.MaxAge.String(), "must be 0 (keep for ever) or longer")
	}
	if o.MaxBytes < 0 {
		return secant.Invalid("maxBytes", strconv.FormatInt(o.MaxBytes, 10), "must be 0 (no limit) or a number of bytes")
	}
	if o.Linger == 0 {
		o.Linger = 2 * time.Millisecond
	}
	if o.Pending <= 0 {
		o.Pending = 16 << 20
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return nil
}
