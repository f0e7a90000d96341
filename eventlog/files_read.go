package eventlog

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sort"
)

// cursor implements Cursor on Files. It keeps its own handle of the file it
// reads, so that retention may remove the file meanwhile.
type cursor struct {
	e    *Files
	p    int
	want uint64 // the number expected next
	lost uint64 // damaged chunks since the last one returned
	gone uint64 // chunks since then that retention removed first

	file   *logFile // nil before the first read and where there is nothing
	handle *os.File
	r      chunkReader
	buf    []byte
	closed bool
}

// Read implements Engine.
//
// A reader that begins beyond the end has read chunks that are no longer there:
// the newest file was damaged beyond repair or replaced by an old copy. The
// numbers up to there are then not given again, as the reader would never look
// at what is written under them. Readers that resume should therefore be opened
// before anything is appended.
func (e *Files) Read(partition int, from uint64) Cursor {
	if _, next := e.Bounds(partition); from > next {
		e.leaveOut(partition, from)
	}
	return &cursor{e: e, p: partition, want: max(from, 1)}
}

// leaveOut makes from the number of the partition's next chunk.
func (e *Files) leaveOut(partition int, from uint64) {
	e.write.Lock() // a commit under way has its numbers already
	defer e.write.Unlock()
	e.mu.Lock()
	next := e.next[partition]
	e.next[partition] = max(next, from)
	e.mu.Unlock()
	if from > next {
		e.log.Error("a reader knows event log chunks that are no longer there; their numbers are left out",
			"dir", e.opts.Dir, "partition", partition, "next", next, "reader", from)
	}
}

// Seq implements Cursor.
func (c *cursor) Seq() uint64 { return c.want }

// Next implements Cursor.
func (c *cursor) Next(n *Entry) (bool, error) {
	if c.closed {
		return false, ErrClosed
	}
	for {
		if c.file == nil {
			if ok, err := c.locate(); !ok {
				return false, err
			}
		}
		final := c.file.sealed.Load() // before end, which is final only then
		c.r.end = c.file.end.Load()
		ok, err := c.step(n)
		if ok || err != nil {
			return ok, err
		}
		if !final {
			c.idle()
			return false, nil
		}
		if ok, err := c.turn(); !ok {
			return false, err
		}
	}
}

// step looks for the next chunk of the partition in the current file.
func (c *cursor) step(n *Entry) (bool, error) {
	for c.r.pos < c.r.end {
		from := c.r.pos
		h, damaged, err := c.r.next()
		if damaged > 0 {
			c.e.damage(c.file, from, damaged, "no chunk header")
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return false, err
		}
		if h.partition != c.p || h.seq < c.want {
			c.r.skip(&h)
			continue
		}
		c.buf, err = c.r.payload(&h, c.buf)
		if errors.Is(err, errDamaged) {
			c.e.damage(c.file, h.off, chunkSize(h.size), fmt.Sprintf("chunk %d of partition %d", h.seq, h.partition))
			c.r.skip(&h)
			continue
		}
		if err != nil {
			return false, err
		}
		c.r.skip(&h)
		*n = Entry{
			Partition: h.partition, Seq: h.seq, Origin: h.origin, Count: h.count, First: h.first, Last: h.last,
			Payload: c.buf, Skipped: c.lost + h.seq - c.want, Missed: c.gone,
		}
		c.want, c.lost, c.gone = h.seq+1, 0, 0
		return true, nil
	}
	return false, nil
}

// locate opens the file that holds the wanted chunk, or the first one kept.
func (c *cursor) locate() (bool, error) {
	c.e.mu.RLock()
	files := c.e.files
	first, _ := c.e.bounds(c.p)
	c.e.mu.RUnlock()
	if len(files) == 0 {
		return false, nil
	}
	if c.want < first {
		c.gone += first - c.want
		c.want = first
	}
	// The last file that begins at or below it: of several, those before it
	// hold nothing of the partition.
	i := sort.Search(len(files), func(i int) bool { return files[i].start[c.p] > c.want }) - 1
	return c.enter(files[max(i, 0)])
}

// turn moves to the file after the current one, when there is one.
func (c *cursor) turn() (bool, error) {
	c.e.mu.RLock()
	files := c.e.files
	c.e.mu.RUnlock()
	i := sort.Search(len(files), func(i int) bool { return files[i].num > c.file.num })
	if i == len(files) {
		c.idle()
		return false, nil
	}
	f := files[i]
	// What the file before should have held and did not is damaged, or, when
	// files between were removed, missed.
	if start := f.start[c.p]; start > c.want {
		if i == 0 {
			c.gone += start - c.want
		} else {
			c.lost += start - c.want
		}
		c.want = start
	}
	return c.enter(f)
}

// enter opens f and goes to the last mark before the wanted chunk.
func (c *cursor) enter(f *logFile) (bool, error) {
	c.leave()
	c.r.forget()
	handle, err := os.Open(f.path)
	if errors.Is(err, os.ErrNotExist) {
		c.e.mu.RLock()
		known := slices.Contains(c.e.files, f)
		c.e.mu.RUnlock()
		if !known { // retention was quicker, or it was given up empty
			return c.locate()
		}
	}
	if err != nil {
		return false, fmt.Errorf("open event log file: %w", err)
	}
	c.file, c.handle = f, handle
	c.r = chunkReader{src: handle, file: f.num, partitions: c.e.opts.Partitions, pos: dataStart(c.e.opts.Partitions)}
	c.e.mu.RLock()
	marks, footer := f.marks, f.footer
	c.e.mu.RUnlock()
	if footer && c.want > f.start[c.p] {
		if got, _, ok := readFooter(handle, f.num, c.e.opts.Partitions); ok {
			marks = got.marks
		}
	}
	i := sort.Search(len(marks), func(i int) bool { return marks[i].next[c.p] > c.want })
	if i > 0 {
		c.r.pos = marks[i-1].off
	}
	return true, nil
}

func (c *cursor) leave() {
	if c.handle != nil {
		_ = c.handle.Close() // only read from
	}
	c.file, c.handle = nil, nil
}

// idle gives back what a cursor needs only while it moves.
func (c *cursor) idle() {
	c.r.forget()
	if cap(c.buf) > window {
		c.buf = nil
	}
}

// Close implements Cursor.
func (c *cursor) Close() error {
	c.leave()
	c.idle()
	c.closed = true
	return nil
}

// readFooter reads the footer of file num, if it has a good one.
func readFooter(f *os.File, num uint64, partitions int) (c contents, end int64, ok bool) {
	st, err := f.Stat()
	if err != nil || st.Size() < headerSize {
		return c, 0, false
	}
	tail := make([]byte, headerSize)
	if _, err := f.ReadAt(tail, st.Size()-headerSize); err != nil {
		return c, 0, false
	}
	off, size, ok := parseEnd(tail)
	if !ok || off < 0 || size < 0 || off+size != st.Size()-headerSize {
		return c, 0, false
	}
	b := make([]byte, size)
	if _, err := f.ReadAt(b, off); err != nil {
		return c, 0, false
	}
	c, end, ok = parseFooter(b, num, partitions)
	return c, end, ok && end == off
}
