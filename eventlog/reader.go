package eventlog

import (
	"context"
	"fmt"
	"iter"

	"github.com/klauspost/compress/s2"

	"github.com/secantdev/secant"
)

// Chunk is a chunk as readers get it. It never changes and stays valid for as
// long as it is referenced.
type Chunk struct {
	Partition int
	Seq       uint64 // dense in the partition, from 1
	Origin    uint64 // what it was appended with; 0 from Append
	Count     int    // number of records
	First     int64  // lowest received time, milliseconds since 1970
	Last      int64  // highest received time
	Skipped   uint64 // damaged chunks just before this one
	Missed    uint64 // chunks just before this one that retention removed first

	payload []byte // compressed
	raw     []byte
}

// Records iterates over the records with their index. The record is valid
// until the next one; its JSON, MessageID and Name stay valid with the chunk
// and must not be changed.
func (c *Chunk) Records() iter.Seq2[int, *secant.Record] {
	return func(yield func(int, *secant.Record) bool) {
		var r secant.Record
		rest, err := c.raw, error(nil)
		for i := 0; i < c.Count; i++ {
			if rest, err = secant.DecodeRecord(rest, &r); err != nil || !yield(i, &r) {
				return
			}
		}
	}
}

// Err returns what is wrong with the records: Records ends early when it is not
// nil. As the payload's checksum is good, that is an error of the program that
// wrote it.
func (c *Chunk) Err() error {
	var r secant.Record
	rest, err := c.raw, error(nil)
	for i := range c.Count {
		if rest, err = secant.DecodeRecord(rest, &r); err != nil {
			return fmt.Errorf("read record %d of chunk %d in partition %d: %w", i, c.Seq, c.Partition, err)
		}
	}
	return nil
}

// Bytes returns the size of the records before compression.
func (c *Chunk) Bytes() int { return len(c.raw) }

// Reader reads one partition in order and follows its end. It is for one
// goroutine.
type Reader struct {
	l       *Log
	p       int
	cursor  Cursor
	skipped uint64 // chunks that could not be decoded since the last one returned
	closed  bool
}

// Read returns a reader that begins with the chunk numbered from, or with the
// first kept one if that is higher. A reader that resumes should be opened
// before anything is appended: should it know chunks that the disk has lost, the
// log then leaves their numbers out rather than give them to new events.
func (l *Log) Read(partition int, from uint64) *Reader {
	l.tails[partition].readers.Add(1)
	return &Reader{l: l, p: partition, cursor: l.engine.Read(partition, from)}
}

// Next returns the next chunk, waiting for one to be appended when it has to. It
// returns ctx's error when that ends first, ErrClosed when the log is closed,
// and otherwise an error of the disk; the same call may be made again.
func (r *Reader) Next(ctx context.Context) (*Chunk, error) {
	for {
		changed := r.l.tails[r.p].changed()
		c, ok, err := r.TryNext()
		if ok || err != nil {
			return c, err
		}
		select {
		case <-changed:
		case <-r.l.done:
			if c, ok, err := r.TryNext(); ok || err != nil {
				return c, err
			}
			return nil, ErrClosed
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// TryNext returns the next chunk, or false when every durable one has been
// read.
func (r *Reader) TryNext() (*Chunk, bool, error) {
	if r.closed {
		return nil, false, ErrClosed
	}
	var e Entry
	for {
		ok, err := r.cursor.Next(&e)
		if err != nil {
			return nil, false, fmt.Errorf("read partition %d of the event log: %w", r.p, err)
		}
		if !ok {
			return nil, false, nil
		}
		n, err := r.decode(&e)
		if err != nil {
			r.skipped += 1 + e.Skipped
			r.l.opts.Logger.Error("skipped an event log chunk that cannot be decoded", "partition", r.p, "seq", e.Seq, "error", err)
			continue
		}
		c := &Chunk{
			Partition: e.Partition, Seq: e.Seq, Origin: e.Origin, Count: e.Count, First: e.First, Last: e.Last,
			Skipped: e.Skipped + r.skipped, Missed: e.Missed, payload: n.payload, raw: n.raw,
		}
		r.skipped = 0
		return c, true, nil
	}
}

// Seq returns the number of the chunk expected next. It moves beyond damage at
// the end of the log too.
func (r *Reader) Seq() uint64 { return r.cursor.Seq() }

// Close releases the reader. It may be called twice.
func (r *Reader) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	r.l.tails[r.p].readers.Add(-1)
	return r.cursor.Close()
}

// decode returns the entry's records, shared with the partition's other
// readers.
func (r *Reader) decode(e *Entry) (*cached, error) {
	k := cacheKey{e.Partition, e.Seq}
	if n := r.l.cache.get(k); n != nil {
		return n, nil
	}
	n := &cached{key: k}
	if len(e.Payload) > 0 {
		size, err := s2.DecodedLen(e.Payload)
		if err != nil {
			return nil, err
		}
		if size > 2*MaxPayload {
			return nil, fmt.Errorf("it claims to hold %d bytes", size)
		}
		if n.raw, err = s2.Decode(nil, e.Payload); err != nil {
			return nil, err
		}
		n.payload = append([]byte(nil), e.Payload...)
	}
	if r.l.tails[r.p].readers.Load() > 1 { // alone, a reader never comes back to it
		r.l.cache.put(n)
	}
	return n, nil
}
