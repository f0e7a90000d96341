package eventlog

import "time"

// tidyEvery is how often age and size are looked at; a full file and Trim ask
// too.
const tidyEvery = 10 * time.Second

// Trim implements Engine. Whole files go, once every partition's chunks in them
// are below what was trimmed; the newest file always stays, since it knows the
// numbers.
func (e *Files) Trim(partition int, below uint64) error {
	e.mu.Lock()
	e.below[partition] = max(e.below[partition], min(below, e.next[partition]))
	e.mu.Unlock()
	e.tidy()
	return nil
}

// tidy removes the oldest files for as long as a rule says so.
func (e *Files) tidy() {
	e.tidying.Lock()
	defer e.tidying.Unlock()
	keep := e.keep()
	for e.expire(keep) {
	}
	// Outside of write, since unlinking a large file takes its time; in order,
	// so that a crash leaves no hole between files.
	for len(e.doomed) > 0 {
		f := e.doomed[0]
		if err := e.storage.remove(f.path); err != nil {
			// On Windows a reader may hold it; the next round tries again.
			e.log.Warn("cannot remove an expired event log file", "file", f.path, "error", err)
			return
		}
		if err := e.storage.syncDir(e.opts.Dir); err != nil {
			e.log.Warn("cannot make the removal of an event log file durable", "file", f.path, "error", err)
		}
		e.doomed = e.doomed[1:]
	}
}

// keep asks for the lowest numbers still needed; nil when nobody says.
func (e *Files) keep() []uint64 {
	if e.opts.Keep == nil {
		return nil
	}
	keep := make([]uint64, e.opts.Partitions)
	for p := range keep {
		keep[p] = e.opts.Keep(p)
	}
	return keep
}

// expire takes the oldest file out of the log when a rule says so.
func (e *Files) expire(keep []uint64) bool {
	e.write.Lock()
	defer e.write.Unlock()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed || len(e.files) < 2 {
		return false
	}
	f := e.files[0]
	needed := f.needed(keep)
	switch {
	case f.trimmed(e.below):
	case e.opts.MaxAge > 0 && !needed && e.opts.Now().Sub(time.UnixMilli(f.last)) > e.opts.MaxAge:
	case e.opts.MaxBytes > 0 && e.bytes() > e.opts.MaxBytes:
		if needed {
			e.stats.Unread++
			e.log.Error("removed event log chunks that were still to be read, to stay within the size limit; raise it or clear what holds delivery up",
				"file", f.path, "maxBytes", e.opts.MaxBytes)
		}
	default:
		return false
	}
	e.files = e.files[1:len(e.files):len(e.files)]
	e.doomed = append(e.doomed, f)
	return true
}

// bytes returns the size of all files. e.mu is held.
func (e *Files) bytes() int64 {
	total := int64(0)
	for _, f := range e.files {
		total += f.size
	}
	return total
}

// trimmed reports whether everything in f is below what was trimmed.
func (f *logFile) trimmed(below []uint64) bool {
	for p := range f.next {
		if f.next[p] > below[p] {
			return false
		}
	}
	return true
}

// needed reports whether somebody still has to read something in f.
func (f *logFile) needed(keep []uint64) bool {
	for p := range keep {
		if f.start[p] < f.next[p] && keep[p] < f.next[p] {
			return true
		}
	}
	return false
}
