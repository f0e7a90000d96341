package eventlog

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// Log is an event log of records, durable and partitioned. Its methods may be
// called from any number of goroutines.
type Log struct {
	engine Engine
	opts   Options
	cache  *cache

	mu      sync.Mutex
	batch   *batch        // what the next commit will hold
	pending int64         // bytes in batch and in the commit under way
	room    chan struct{} // closed when pending shrinks; nil when nobody waits
	closed  bool
	spare   [][]byte // buffers for chunks to be built in

	kick chan struct{} // tells the committer of the first record of a batch
	done chan struct{} // closed when the committer has ended

	tails []tail // per partition

	events atomic.Uint64

	// What recent commits were like, guarded by mu: how many callers there were,
	// being served or waiting, times 256; and how long one took.
	company int
	cost    time.Duration
}

// tail is what the readers of a partition share.
type tail struct {
	readers atomic.Int32 // how many are open

	mu   sync.Mutex
	wake chan struct{} // closed when something was appended; nil when nobody waits
}

// Open opens or creates the log in o.Dir. It repairs what a crash left behind
// and says in the log what it had to do. An error tells what is in the way: the
// directory is in use by another process, it was made with another number of
// partitions, it cannot be read.
func Open(o Options) (*Log, error) {
	e, err := OpenFiles(o)
	if err != nil {
		return nil, err
	}
	l, err := New(e, o)
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return l, nil
}

// New returns a log on an engine, which belongs to it afterwards. Of the
// options it heeds Linger, Pending, Logger and Now.
func New(e Engine, o Options) (*Log, error) {
	if o.Dir == "" {
		o.Dir = "." // the engine's affair
	}
	o.Partitions = e.Partitions()
	if err := o.normalise(); err != nil {
		return nil, err
	}
	l := &Log{
		engine: e,
		opts:   o,
		cache:  newCache(),
		kick:   make(chan struct{}, 1),
		done:   make(chan struct{}),
		tails:  make([]tail, e.Partitions()),
	}
	l.batch = newBatch(e.Partitions())
	go l.commits()
	return l, nil
}

// Partitions returns the number of partitions.
func (l *Log) Partitions() int { return l.engine.Partitions() }

// Bounds returns the number of a partition's first kept chunk and the number
// its next chunk will get. They are equal when it is empty.
func (l *Log) Bounds(partition int) (first, next uint64) { return l.engine.Bounds(partition) }

// LastOrigin returns the Origin of the partition's newest chunk, 0 when there
// never was one. It is remembered when the chunk is removed.
func (l *Log) LastOrigin(partition int) uint64 { return l.engine.LastOrigin(partition) }

// Trim says that the chunks of a partition numbered lower than below are no
// longer needed. They go with the whole files they lie in.
func (l *Log) Trim(partition int, below uint64) error { return l.engine.Trim(partition, below) }

// Health returns nil, or why events cannot be appended at present. It turns nil
// again by itself when the cause is gone, without an Append.
func (l *Log) Health() error { return l.engine.Health() }

// Stats are counters since the log was opened, and present sizes.
type Stats struct {
	EngineStats
	Events  uint64 // records appended
	Pending int64  // bytes waiting for a commit
	Healthy error  // as Health returns
}

// Stats returns counters and sizes, for pages and metrics.
func (l *Log) Stats() Stats {
	s := Stats{EngineStats: l.engine.Stats(), Events: l.events.Load(), Healthy: l.engine.Health()}
	l.mu.Lock()
	s.Pending = l.pending
	l.mu.Unlock()
	return s
}

// Close commits what is waiting and closes the log. Readers get ErrClosed. It
// may be called twice.
func (l *Log) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		<-l.done
		return nil
	}
	l.closed = true
	l.makeRoom()
	l.mu.Unlock()
	close(l.kick)
	<-l.done
	for p := range l.tails {
		l.tails[p].announce()
	}
	return l.engine.Close()
}

// makeRoom wakes those who wait for room. l.mu is held.
func (l *Log) makeRoom() {
	if l.room != nil {
		close(l.room)
		l.room = nil
	}
}

func (t *tail) announce() {
	t.mu.Lock()
	if t.wake != nil {
		close(t.wake)
		t.wake = nil
	}
	t.mu.Unlock()
}

// changed returns a channel that is closed at the next change. Who takes it
// before looking misses nothing.
func (t *tail) changed() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.wake == nil {
		t.wake = make(chan struct{})
	}
	return t.wake
}
