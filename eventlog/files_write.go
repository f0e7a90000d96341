package eventlog

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/secantdev/secant"
)

// The first attempt after a failure comes soon, in case it was a passing one;
// later ones at most every two seconds, so that collecting goes on soon after
// space was made.
const (
	retryMin = 50 * time.Millisecond
	retryMax = 2 * time.Second
)

// probeSize is the room that must be free before appending resumes, so that a
// full disk does not make the log flicker between working and not.
const probeSize = 1 << 20

// ready returns nil when e.active can take a commit, sealing a full file and
// creating a new one. e.write is held.
func (e *Files) ready() error {
	if e.closed {
		return ErrClosed
	}
	if e.active != nil {
		if e.active.end.Load() < e.opts.FileSize {
			return nil
		}
		e.seal()
		e.wake() // something may be due for removal
	} else if err := e.Health(); err != nil {
		return err
	}
	if err := e.begin(false); err != nil {
		return e.failed(err)
	}
	return nil
}

// begin creates the next file and makes it the active one. e.write is held.
func (e *Files) begin(probe bool) error {
	e.mu.RLock()
	h := fileHeader{
		version: formatVersion,
		created: e.opts.Now().UnixMilli(),
		start:   append([]uint64(nil), e.next...),
		origin:  append([]uint64(nil), e.origin...),
	}
	if n := len(e.files); n > 0 {
		h.prev, h.prevEnd = e.files[n-1].num, e.files[n-1].end.Load()
	}
	e.mu.RUnlock()
	// A number is never used twice, so that what a failed attempt may have left
	// on the disk cannot be mistaken for this file.
	e.num++
	h.num = e.num
	f := &logFile{num: h.num, path: filePath(e.opts.Dir, h.num), start: h.start, contents: newContents(h.start, h.origin)}
	out, err := e.storage.create(f.path)
	if err != nil {
		return err
	}
	if err := e.prepare(out, h.encode(), probe); err != nil {
		return errors.Join(err, out.Close(), e.storage.remove(f.path))
	}
	f.end.Store(dataStart(e.opts.Partitions))
	f.size = f.end.Load()
	e.active, e.out = f, out
	e.mu.Lock()
	e.files = append(e.files[:len(e.files):len(e.files)], f)
	e.mu.Unlock()
	return nil
}

func (e *Files) prepare(out file, head []byte, probe bool) error {
	size := int64(len(head))
	if n, err := out.WriteAt(head, 0); err != nil || n < len(head) {
		return errors.Join(err, shortWrite(n, len(head)))
	}
	if probe {
		zeros := make([]byte, probeSize)
		if n, err := out.WriteAt(zeros, size); err != nil || n < len(zeros) {
			return errors.Join(err, shortWrite(n, len(zeros)))
		}
		if err := out.Sync(); err != nil {
			return err
		}
		if err := out.Truncate(size); err != nil {
			return err
		}
	}
	if err := out.Sync(); err != nil {
		return err
	}
	return e.storage.syncDir(e.opts.Dir)
}

func shortWrite(n, want int) error {
	if n == want {
		return nil
	}
	return fmt.Errorf("wrote only %d of %d bytes", n, want)
}

// abandon gives up the active file after a failed write or sync, and returns
// the error for those who waited. The file ends for ever at the last byte known
// to be durable: the kernel reports a failed write-back once and may call the
// lost pages clean, so a second sync of this file would prove nothing. e.write
// is held.
func (e *Files) abandon(cause error) error {
	f, out := e.active, e.out
	e.active, e.out = nil, nil
	end := f.end.Load()
	// Best effort: the next file's header says where this one ends, and until
	// there is one no reader goes beyond end.
	if err := out.Truncate(end); err != nil {
		e.log.Warn("cannot cut the unacknowledged end off an abandoned event log file; it will be ignored", "file", f.path, "end", end, "error", err)
	}
	_ = out.Close() // nothing written to it matters any more
	e.mu.Lock()
	f.size = end
	e.mu.Unlock()
	f.sealed.Store(true)
	if f.chunks == 0 {
		e.forget(f)
	}
	return e.failed(cause)
}

// forget removes a file that never held a chunk. The last file stays, whatever
// it holds, since its header knows the numbers. e.write is held.
func (e *Files) forget(f *logFile) {
	if len(e.files) == 1 {
		return
	}
	if err := e.storage.remove(f.path); err != nil {
		return // an empty file more; it takes part in the chain of files as any other
	}
	e.mu.Lock()
	files := make([]*logFile, 0, len(e.files))
	for _, other := range e.files {
		if other != f {
			files = append(files, other)
		}
	}
	e.files = files
	e.mu.Unlock()
}

// failed records that nothing can be written at present, starts the attempts to
// recover, and returns the error for callers.
func (e *Files) failed(cause error) error {
	next := "it is tried again by itself; see the system's log for the disk's state"
	if errors.Is(cause, syscall.ENOSPC) || errors.Is(cause, syscall.EDQUOT) {
		next = "free space on its file system; collecting resumes by itself"
	}
	err := fmt.Errorf("%w: cannot write the event log in %s: %w: %s", secant.ErrUnavailable, e.opts.Dir, cause, next)
	e.mu.Lock()
	first := e.fail == nil
	e.fail = err
	e.stats.Failures++
	e.mu.Unlock()
	if first {
		e.log.Error("the event log cannot be written; events are refused until it can", "dir", e.opts.Dir, "error", cause)
	}
	e.wake()
	return err
}

// recover tries to begin a new file after a failure and reports whether appends
// work again.
func (e *Files) recover() bool {
	e.write.Lock()
	defer e.write.Unlock()
	if e.closed {
		return true
	}
	err := e.begin(true)
	e.mu.Lock()
	if err == nil {
		e.fail = nil
	}
	e.mu.Unlock()
	if err != nil {
		return false
	}
	e.log.Info("the event log can be written again", "dir", e.opts.Dir)
	return true
}

// seal ends the active file with its footer. Without one the next start has to
// read the file through, so failing to write it costs time, not events. e.write
// is held.
func (e *Files) seal() {
	f, out := e.active, e.out
	if f == nil {
		return
	}
	e.active, e.out = nil, nil
	end := f.end.Load()
	b := encodeFooter(f.num, end, &f.contents)
	_, err := out.WriteAt(b, end)
	if err == nil {
		err = out.Sync()
	}
	if err != nil {
		e.log.Warn("cannot write the footer of an event log file; the next start reads it through", "file", f.path, "error", err)
		_ = out.Truncate(end)
	}
	_ = out.Close() // every chunk in it is durable
	e.mu.Lock()
	f.size = end
	if err == nil {
		f.size += int64(len(b))
		f.footer, f.marks = true, nil
	}
	e.mu.Unlock()
	f.sealed.Store(true)
}

// wake makes maintain look around.
func (e *Files) wake() {
	select {
	case e.kick <- struct{}{}:
	default:
	}
}

// maintain recovers from failures and removes what retention allows, until
// Close.
func (e *Files) maintain() {
	defer close(e.done)
	tidy := time.NewTicker(tidyEvery)
	defer tidy.Stop()
	wait := retryMin
	retry := time.NewTimer(wait)
	retry.Stop()
	defer retry.Stop()
	waiting := false
	for {
		select {
		case <-e.stop:
			return
		case <-tidy.C:
		case <-e.kick:
		case <-retry.C:
			waiting = false
			if e.recover() {
				wait = retryMin
			} else {
				wait = min(2*wait, retryMax)
			}
		}
		e.tidy()
		if e.Health() != nil && !waiting {
			waiting = true
			e.mu.Lock()
			e.retryAt = e.opts.Now().Add(wait)
			e.mu.Unlock()
			retry.Reset(wait)
		}
	}
}
