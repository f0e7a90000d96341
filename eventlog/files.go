package eventlog

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/secantdev/secant"
)

// Files is the Engine on files of our own, described in format.go.
type Files struct {
	opts    Options
	log     *slog.Logger
	storage storage
	lock    *os.File

	// write is held for a commit, a new file, a recovery. It is taken before mu.
	write  sync.Mutex
	active *logFile // nil at start, after a failure and when closed
	out    file     // the active file, open for writing
	num    uint64   // the highest file number used
	buf    []byte   // the commit being written
	closed bool

	mu      sync.RWMutex // guards what follows
	files   []*logFile   // oldest first; replaced, never changed in place
	next    []uint64     // per partition, the number of the next chunk
	origin  []uint64     // per partition, the Origin of the last chunk
	below   []uint64     // per partition, what Trim said
	fail    error        // why appends fail at present
	retryAt time.Time
	stats   EngineStats
	seen    map[place]bool // damage already reported

	tidying sync.Mutex // held by tidy, taken before write
	doomed  []*logFile // no longer in files, still on the disk

	kick chan struct{} // wakes maintain
	stop chan struct{}
	done chan struct{}
}

// logFile is one file of the log.
type logFile struct {
	num   uint64
	path  string
	start []uint64 // per partition, the number of its first chunk

	end    atomic.Int64 // where the durable chunks end
	sealed atomic.Bool  // end is final

	// Guarded by Files.mu. The marks of a file with a footer are left on disk.
	contents
	size   int64
	footer bool
}

type place struct {
	file uint64
	off  int64
}

var _ Engine = (*Files)(nil)

// OpenFiles opens or creates the log files in o.Dir, repairing what a crash
// left behind. Of the options it heeds Dir, Partitions, FileSize, MaxAge,
// MaxBytes, Keep, Logger and Now.
func OpenFiles(o Options) (*Files, error) { return openFiles(o, disk{}) }

func openFiles(o Options, st storage) (*Files, error) {
	if err := o.normalise(); err != nil {
		return nil, err
	}
	if err := makeDir(o.Dir, st); err != nil {
		return nil, fmt.Errorf("create the event log's directory: %w", err)
	}
	lock, err := lockDir(o.Dir)
	if err != nil {
		return nil, err
	}
	e := newFiles(o, st)
	e.lock = lock
	if err := e.load(); err != nil {
		return nil, errors.Join(err, unlock(lock), lock.Close())
	}
	if name := inMemory(o.Dir); name != "" {
		e.log.Warn("the event log lies in memory: a power cut or reboot loses every event", "dir", o.Dir, "fileSystem", name)
	}
	go e.maintain()
	return e, nil
}

func newFiles(o Options, st storage) *Files {
	e := &Files{
		opts:    o,
		log:     o.Logger,
		storage: st,
		next:    make([]uint64, o.Partitions),
		origin:  make([]uint64, o.Partitions),
		below:   make([]uint64, o.Partitions),
		seen:    map[place]bool{},
		kick:    make(chan struct{}, 1),
		stop:    make(chan struct{}),
		done:    make(chan struct{}),
	}
	for p := range e.next {
		e.next[p] = 1
	}
	return e
}

// Partitions returns the number of partitions.
func (e *Files) Partitions() int { return e.opts.Partitions }

// Append implements Engine.
func (e *Files) Append(entries []Entry) error {
	for i := range entries {
		if err := e.check(&entries[i]); err != nil {
			return err
		}
	}
	if len(entries) == 0 {
		return nil
	}
	e.write.Lock()
	defer e.write.Unlock()
	if err := e.ready(); err != nil {
		return err
	}
	f, base := e.active, e.active.end.Load()
	headers := e.lay(entries, base)
	if n, err := e.out.WriteAt(e.buf, base); err != nil || n < len(e.buf) {
		return e.abandon(cmp.Or(err, fmt.Errorf("wrote only %d of %d bytes", n, len(e.buf))))
	}
	began := time.Now()
	if err := e.out.Sync(); err != nil {
		return e.abandon(err)
	}
	took := time.Since(began)

	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range headers {
		h := &headers[i]
		f.add(h)
		e.next[h.partition], e.origin[h.partition] = h.seq+1, h.origin
	}
	f.size = base + int64(len(e.buf))
	f.end.Store(f.size) // readers may look now
	e.stats.Commits++
	e.stats.Chunks += uint64(len(entries))
	e.stats.SyncTime += took
	if cap(e.buf) > 8<<20 {
		e.buf = nil // one huge commit should not cost memory for ever
	}
	return nil
}

func (e *Files) check(n *Entry) error {
	if n.Partition < 0 || n.Partition >= e.opts.Partitions {
		return secant.Invalid("partition", fmt.Sprint(n.Partition), fmt.Sprintf("must be 0 to %d", e.opts.Partitions-1))
	}
	if len(n.Payload) > MaxPayload {
		return secant.Invalid("payload", "", fmt.Sprintf("of %d bytes is larger than a chunk may be (%d)", len(n.Payload), MaxPayload))
	}
	return nil
}

// lay numbers the entries and writes their chunks to e.buf as they will lie at
// base.
func (e *Files) lay(entries []Entry, base int64) []header {
	size := int64(0)
	for i := range entries {
		size += chunkSize(len(entries[i].Payload))
	}
	if int64(cap(e.buf)) < size {
		e.buf = make([]byte, size)
	}
	e.buf = e.buf[:size]
	e.mu.RLock()
	next := append([]uint64(nil), e.next...)
	e.mu.RUnlock()
	headers := make([]header, len(entries))
	at := int64(0)
	for i := range entries {
		n := &entries[i]
		n.Seq = next[n.Partition]
		next[n.Partition]++
		h := &headers[i]
		*h = header{
			file: e.active.num, off: base + at, commit: base, partition: n.Partition, seq: n.Seq, origin: n.Origin,
			first: n.First, last: n.Last, count: n.Count, size: len(n.Payload), sum: checksum(n.Payload),
		}
		b := e.buf[at : at+chunkSize(h.size)]
		h.put(b, magicHead)
		clear(b[headerSize+copy(b[headerSize:], n.Payload) : len(b)-headerSize])
		h.put(b[len(b)-headerSize:], magicTail)
		at += int64(len(b))
	}
	return headers
}

// Bounds implements Engine.
func (e *Files) Bounds(partition int) (first, next uint64) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.bounds(partition)
}

func (e *Files) bounds(partition int) (first, next uint64) {
	next = e.next[partition]
	if len(e.files) == 0 {
		return next, next
	}
	return min(e.files[0].start[partition], next), next
}

// LastOrigin implements Engine.
func (e *Files) LastOrigin(partition int) uint64 {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.origin[partition]
}

// Stats implements Engine.
func (e *Files) Stats() EngineStats {
	e.mu.RLock()
	defer e.mu.RUnlock()
	s := e.stats
	s.Files = len(e.files)
	for _, f := range e.files {
		s.Bytes += f.size
		if s.Oldest.IsZero() && f.chunks > 0 {
			s.Oldest = time.UnixMilli(f.first)
		}
	}
	if e.fail != nil {
		s.NextAttempt = e.retryAt
	}
	return s
}

// Health implements Engine.
func (e *Files) Health() error {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.fail
}

// Close seals the active file and gives the directory free. It may be called
// twice.
func (e *Files) Close() error {
	e.write.Lock()
	if e.closed {
		e.write.Unlock()
		return nil
	}
	e.closed = true
	e.seal()
	e.write.Unlock()
	close(e.stop)
	<-e.done
	return errors.Join(unlock(e.lock), e.lock.Close())
}

// makeDir creates dir and makes it, and what had to be created above it,
// durable.
func makeDir(dir string, st storage) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := makeDir(parent, st); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return st.syncDir(parent)
}

func filePath(dir string, num uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%016d.log", num))
}

// damage counts and names a damaged place, once however many readers meet it.
func (e *Files) damage(f *logFile, off, bytes int64, what string) {
	e.mu.Lock()
	known := e.seen[place{f.num, off}]
	if !known && len(e.seen) < 1<<16 { // a whole disk of damage must not fill the memory
		e.seen[place{f.num, off}] = true
	}
	if !known {
		e.stats.Damaged++
	}
	e.mu.Unlock()
	if !known {
		e.log.Error("the event log is damaged; skipped what cannot be read", "file", f.path, "offset", off, "bytes", bytes, "what", what)
	}
}
