// Package dedupe remembers which events were collected, so that the second copy
// of one can be told from the first.
//
// An event is known by its source and messageId; the index maps a keyed hash of
// the two to the event's position in the raw log. It is a view of that log: what
// it forgets in a crash is put back by reading the log again from the Watermark.
// It therefore writes no log of its own and never syncs for an event, and when
// its files are damaged they are moved aside and built anew.
package dedupe

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/sstable/block"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Bounds of the memory the index takes: the cache and at most two memtables,
// 40 MiB together.
const (
	cacheSize    = 24 << 20
	memTableSize = 8 << 20
)

// DefaultHorizon is how long an event is remembered, at least.
const DefaultHorizon = 30 * 24 * time.Hour

// MinHorizon is the shortest horizon there is.
const MinHorizon = time.Minute

// flushAfter is how often what is in memory is made safe, so that little of the
// log has to be read again after a crash.
const flushAfter = 5 * time.Minute

// ErrDamaged means that the index cannot be trusted or used any more. Nothing
// is lost: Reset it and feed it the log again.
var ErrDamaged = errors.New("dedupe index is damaged")

// Options say where an index lies and how long it remembers.
type Options struct {
	Dir     string
	Horizon time.Duration // 0 is DefaultHorizon; at least MinHorizon
	Logger  *slog.Logger  // nil discards
	Now     func() time.Time

	fs vfs.FS // nil is the operating system's; tests lose power with another
}

// Index is an open index. Its methods are safe for concurrent use.
type Index struct {
	dir     string
	horizon int64 // seconds
	log     *slog.Logger
	now     func() time.Time
	fs      *patientFS

	// broken holds why the database cannot be used any more, often found in the
	// background; opened tells the databases apart, so that one that was given
	// up does not speak for its successor.
	broken atomic.Pointer[error]
	opened atomic.Int64

	mu      sync.Mutex
	db      *pebble.DB
	cache   *pebble.Cache
	lock    *pebble.Lock
	closed  bool
	secret  [32]byte
	marks   map[int]uint64
	buckets []bucket
	turned  int64 // when expired buckets were last looked for, in seconds
	flushed time.Time
	scratch scratch

	checked, duplicates, resets atomic.Int64
	damagedAt                   atomic.Pointer[string]
}

// Open opens the index in o.Dir, creating it as needed. One that is damaged is
// moved aside and a new one begun; that is logged as an error and shows in
// Stats. Open fails when another process has the index or when the files may
// not be used: then nothing was touched.
func Open(o Options) (*Index, error) {
	if o.Horizon == 0 {
		o.Horizon = DefaultHorizon
	}
	if o.Horizon < MinHorizon {
		return nil, fmt.Errorf("open dedupe index: horizon %s is too short: the least is %s", o.Horizon, MinHorizon)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.fs == nil {
		o.fs = vfs.Default
	}
	x := &Index{
		dir:     o.Dir,
		horizon: int64(o.Horizon / time.Second),
		log:     o.Logger,
		now:     o.Now,
		fs:      newPatientFS(o.fs, o.Logger),
	}
	err := x.open()
	if errors.Is(err, ErrDamaged) {
		err = x.replace(err)
	}
	if err != nil {
		return nil, fmt.Errorf("open dedupe index: %w", err)
	}
	return x, nil
}

// open opens the database and loads what describes it. After an error nothing
// is left open.
func (x *Index) open() (err error) {
	if err := x.fs.MkdirAll(x.dir, 0o700); err != nil {
		return fmt.Errorf("create directory: %w", err)
	}
	lock, err := pebble.LockDirectory(x.dir, x.fs)
	if err != nil {
		return fmt.Errorf("lock %s: another process has it open, stop that first: %w", x.dir, err)
	}
	cache := pebble.NewCache(cacheSize)
	x.opened.Add(1)
	x.broken.Store(nil)
	db, err := pebble.Open(x.dir, x.options(lock, cache))
	if err == nil {
		x.db, x.cache, x.lock = db, cache, lock
		if err = x.load(); err == nil {
			return nil
		}
		err = errors.Join(err, db.Close())
	}
	x.db = nil
	cache.Unref()
	if closeErr := lock.Close(); closeErr != nil {
		return fmt.Errorf("unlock %s: %w", x.dir, closeErr)
	}
	if ours(err) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}

// ours reports whether err comes from how the process may use the machine, and
// says nothing about the files' contents.
func ours(err error) bool {
	for _, cause := range []error{
		fs.ErrPermission, syscall.EROFS, syscall.ENOSPC, syscall.EDQUOT, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM,
	} {
		if errors.Is(err, cause) {
			return true
		}
	}
	return false
}

func (x *Index) options(lock *pebble.Lock, cache *pebble.Cache) *pebble.Options {
	logger := pebbleLogger{x, x.opened.Load()}
	o := &pebble.Options{
		FS:    x.fs,
		Lock:  lock,
		Cache: cache,
		// The raw log is the write-ahead log of this index.
		DisableWAL:                  true,
		FormatMajorVersion:          pebble.FormatNewest,
		MemTableSize:                memTableSize,
		MemTableStopWritesThreshold: 2,
		MaxOpenFiles:                256,
		Logger:                      logger,
		EventListener: &pebble.EventListener{
			BackgroundError: func(err error) { x.log.Warn("dedupe index: work in the background failed, trying again", "error", err) },
			DataCorruption:  func(i pebble.DataCorruptionInfo) { logger.fail(i.Details) },
		},
	}
	// Hashes do not compress.
	o.ApplyCompressionSettings(func() pebble.DBCompressionSettings {
		return pebble.UniformDBCompressionSettings(block.NoCompression)
	})
	for i := range o.Levels {
		o.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
		o.Levels[i].FilterType = pebble.TableFilter
	}
	// Nearly all look-ups find nothing: compactions to speed up hits are wasted.
	o.Experimental.ReadSamplingMultiplier = -1
	return o
}

// fail notes that the database is not to be used any more.
func (x *Index) fail(err error) {
	err = fmt.Errorf("%w: %w", ErrDamaged, err)
	x.broken.CompareAndSwap(nil, &err)
}

// pebbleLogger passes on what Pebble has to say.
type pebbleLogger struct {
	x      *Index
	opened int64
}

// Infof drops Pebble's running commentary.
func (pebbleLogger) Infof(string, ...any) {}

// Errorf logs an error.
func (l pebbleLogger) Errorf(format string, args ...any) {
	l.x.log.Error("dedupe index: database error", "error", fmt.Sprintf(format, args...))
}

// Fatalf is called where Pebble cannot go on. The process can: the index is a
// view that is built again.
func (l pebbleLogger) Fatalf(format string, args ...any) {
	l.fail(fmt.Errorf(format, args...))
}

func (l pebbleLogger) fail(err error) {
	if l.x.opened.Load() == l.opened {
		l.x.fail(err)
	}
}

// Reset moves the files aside as damaged and begins an empty index.
func (x *Index) Reset(cause error) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return errClosed
	}
	x.abandon()
	if err := x.replace(cause); err != nil {
		x.fail(err)
		return fmt.Errorf("reset dedupe index: %w", err)
	}
	return nil
}

// abandon closes the database as far as that works.
func (x *Index) abandon() {
	if x.db == nil {
		return
	}
	db, cache, lock := x.db, x.cache, x.lock
	x.db, x.marks, x.buckets = nil, nil, nil
	done := make(chan struct{})
	go func() {
		defer close(done)
		// A database that has met a fatal error may do anything when closed.
		defer func() { _ = recover() }()
		_ = db.Close()
		cache.Unref()
	}()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
	}
	_ = lock.Close()
}

// replace moves the directory aside and opens an empty index in its place. Of
// the directories moved aside only the last is kept.
func (x *Index) replace(cause error) error {
	parent, base := filepath.Split(filepath.Clean(x.dir))
	names, err := x.fs.List(filepath.Clean(parent + "."))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("list %s: %w", parent, err)
	}
	prefix := base + ".damaged-"
	for _, name := range names {
		if len(name) > len(prefix) && name[:len(prefix)] == prefix {
			if err := x.fs.RemoveAll(filepath.Join(parent, name)); err != nil {
				return fmt.Errorf("remove an older damaged index: %w", err)
			}
		}
	}
	aside := filepath.Join(parent, prefix+x.now().UTC().Format("20060102T150405.000Z"))
	if err := x.fs.Rename(x.dir, aside); err != nil {
		return fmt.Errorf("move the damaged index aside: %w", err)
	}
	x.resets.Add(1)
	x.damagedAt.Store(&aside)
	x.log.Error("dedupe index was damaged: moved aside, building it again from the raw log; duplicates of events that the log no longer holds cannot be told",
		"moved_to", aside, "error", cause)
	return x.open()
}

var errClosed = errors.New("dedupe index is closed")

// Close makes everything safe and closes the index. While the disk is full it
// gives up on the first: the rest is read from the log again next time.
func (x *Index) Close() error {
	full := x.fs.giveUp()
	deadline := time.Now().Add(5 * time.Second)
	for !x.mu.TryLock() {
		if time.Now().After(deadline) {
			return errors.New("close dedupe index: it is still waiting for room on the disk; nothing is lost")
		}
		time.Sleep(5 * time.Millisecond)
	}
	defer x.mu.Unlock()
	if x.closed {
		return nil
	}
	x.closed = true
	if x.db == nil {
		return nil
	}
	if full || x.broken.Load() != nil {
		x.abandon()
		return nil
	}
	err := x.db.Flush()
	err = errors.Join(err, x.db.Close())
	x.cache.Unref()
	err = errors.Join(err, x.lock.Close())
	x.db = nil
	if err != nil {
		return fmt.Errorf("close dedupe index: %w", err)
	}
	return nil
}

// newSecret is the key of the hash, so that nobody can choose messageIds that
// collide with somebody else's.
func newSecret() (s [32]byte) {
	_, _ = rand.Read(s[:]) // never fails
	return s
}
