package eventlog

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/klauspost/compress/s2"

	"github.com/secantdev/secant"
)

const (
	// chunkBytes is how much a chunk of records holds before compression.
	chunkBytes = 512 << 10

	// maxRecord is the largest encoded record: alone in a chunk, and should s2
	// not get it smaller, it still fits.
	maxRecord = MaxPayload - 1<<10

	// A commit with that many bytes or callers is worth its sync; to wait for
	// more of them would only keep the disk idle.
	fullBatch = 256 << 10
	manyCalls = 64
)

// batch collects what one commit will write.
type batch struct {
	chunks []building
	open   []int // per partition, the chunk that still takes records, or -1
	bytes  int64
	events int
	calls  int           // callers waiting
	enough int           // how many callers end the committer's linger
	ready  chan struct{} // capacity 1: there are enough
	done   chan struct{} // closed when err is final
	err    error
}

// building is a chunk before it is compressed. Either raw or payload is set.
type building struct {
	Entry
	raw []byte
}

func newBatch(partitions int) *batch {
	b := &batch{open: make([]int, partitions), ready: make(chan struct{}, 1), done: make(chan struct{})}
	for p := range b.open {
		b.open[p] = -1
	}
	return b
}

// Append makes recs durable with one commit and returns nil once they are on
// stable storage, in the order given within each partition, which is the
// record's Lane modulo Partitions. The records are copied before it returns.
//
// ctx matters only while the log has no room for them: once they are part of a
// commit, its outcome is awaited. An error wrapping secant.ErrUnavailable says
// what keeps the log from being written; none of recs is acknowledged then, and
// the caller should ask its client to come back. A record too large for the
// log, about 1 MiB, matches secant.ErrInvalid.
func (l *Log) Append(ctx context.Context, recs []secant.Record) error {
	if len(recs) == 0 {
		return nil
	}
	size := int64(0)
	for i := range recs {
		n := recordBound(&recs[i])
		if n > maxRecord {
			return secant.Invalid("event", "", fmt.Sprintf("of %d bytes is larger than the event log takes (%d)", n, maxRecord))
		}
		size += int64(n)
	}
	b, err := l.enter(ctx, size)
	if err != nil {
		return err
	}
	added := false
	defer func() {
		if !added { // a malformed record made AppendRecord panic; others must not wait for ever
			l.mu.Unlock()
		}
	}()
	b.add(l, recs)
	added = true
	l.leave(b, size, len(recs))
	<-b.done
	return b.err
}

// NewChunk is one chunk to append: Records, or the records of an existing chunk
// as they are. It may be empty, to move LastOrigin.
type NewChunk struct {
	Partition int
	Origin    uint64
	Records   []secant.Record
	Copy      *Chunk // its compressed payload is taken as it is; Records must be nil
}

// AppendChunks makes chunks durable with one commit, each as one chunk, in
// order. It waits and fails as Append does. The records of one chunk may be
// MaxPayload bytes when compressed; more matches secant.ErrInvalid.
func (l *Log) AppendChunks(ctx context.Context, chunks []NewChunk) error {
	size, events := int64(0), 0
	built := make([]building, len(chunks))
	for i := range chunks {
		b, err := l.build(&chunks[i])
		if err != nil {
			return err
		}
		built[i] = b
		size += int64(len(b.raw) + len(b.Payload))
		events += b.Count
	}
	if len(chunks) == 0 {
		return nil
	}
	b, err := l.enter(ctx, size)
	if err != nil {
		return err
	}
	for i := range built {
		b.chunks = append(b.chunks, built[i])
		b.open[built[i].Partition] = -1 // records that come later belong behind it
	}
	l.leave(b, size, events)
	<-b.done
	return b.err
}

func (l *Log) build(n *NewChunk) (building, error) {
	if n.Partition < 0 || n.Partition >= l.Partitions() {
		return building{}, secant.Invalid("partition", strconv.Itoa(n.Partition), fmt.Sprintf("must be 0 to %d", l.Partitions()-1))
	}
	b := building{Entry: Entry{Partition: n.Partition, Origin: n.Origin}}
	if c := n.Copy; c != nil {
		b.Count, b.First, b.Last, b.Payload = c.Count, c.First, c.Last, c.payload
		return b, nil
	}
	size := 0
	for i := range n.Records {
		size += recordBound(&n.Records[i])
	}
	if size > 2*MaxPayload { // twice the limit never gets small enough to be worth the attempt of a commit
		return building{}, secant.Invalid("records", "", fmt.Sprintf("of %d bytes are more than one chunk takes: split them", size))
	}
	b.raw = make([]byte, 0, size)
	for i := range n.Records {
		b.append(&n.Records[i])
	}
	if s2.MaxEncodedLen(len(b.raw)) > MaxPayload {
		// It may still fit. Only here, as it is rare, compress out of turn.
		b.Payload, b.raw = s2.Encode(nil, b.raw), nil
		if len(b.Payload) > MaxPayload {
			return building{}, secant.Invalid("records", "", fmt.Sprintf("of %d bytes are more than one chunk takes: split them", size))
		}
	}
	return b, nil
}

// enter waits for room for size bytes and returns the batch to add to, with
// l.mu held.
func (l *Log) enter(ctx context.Context, size int64) (*batch, error) {
	l.mu.Lock()
	for !l.closed && l.pending > 0 && l.pending+size > l.opts.Pending {
		if l.room == nil {
			l.room = make(chan struct{})
		}
		room := l.room
		l.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: the event log is too busy: %w", secant.ErrUnavailable, context.Cause(ctx))
		}
		l.mu.Lock()
	}
	if l.closed {
		l.mu.Unlock()
		return nil, fmt.Errorf("%w: %w", secant.ErrUnavailable, ErrClosed)
	}
	return l.batch, nil
}

// leave counts a call in and gives l.mu free.
func (l *Log) leave(b *batch, size int64, events int) {
	first := b.calls == 0
	b.calls++
	b.events += events
	b.bytes += size
	l.pending += size
	enough := b.enough > 0 && (b.calls >= b.enough || b.bytes >= fullBatch)
	if first {
		select {
		case l.kick <- struct{}{}:
		default:
		}
	}
	l.mu.Unlock()
	if enough {
		select {
		case b.ready <- struct{}{}:
		default:
		}
	}
}

// add appends the records to the open chunks of their partitions.
func (b *batch) add(l *Log, recs []secant.Record) {
	for i := range recs {
		r := &recs[i]
		p := int(r.Lane % uint32(len(b.open)))
		at := b.open[p]
		if at < 0 || len(b.chunks[at].raw)+recordBound(r) > chunkBytes {
			at = len(b.chunks)
			b.open[p] = at
			b.chunks = append(b.chunks, building{Entry: Entry{Partition: p}, raw: l.spareBuffer()})
		}
		b.chunks[at].append(r)
	}
}

func (c *building) append(r *secant.Record) {
	c.raw = secant.AppendRecord(c.raw, r)
	if c.Count == 0 || r.ReceivedAt < c.First {
		c.First = r.ReceivedAt
	}
	if c.Count == 0 || r.ReceivedAt > c.Last {
		c.Last = r.ReceivedAt
	}
	c.Count++
}

// recordBound returns at least the encoded size of r.
func recordBound(r *secant.Record) int { return len(r.JSON) + len(r.Source) + len(r.Reason) + 64 }

// spareBuffer returns a buffer to build a chunk in. l.mu is held.
func (l *Log) spareBuffer() []byte {
	if n := len(l.spare); n > 0 {
		b := l.spare[n-1]
		l.spare = l.spare[:n-1]
		return b[:0]
	}
	return make([]byte, 0, 16<<10)
}

// maxSpare is how many buffers are kept: those of two busy commits.
const maxSpare = 16

// commits writes batch after batch until Close.
func (l *Log) commits() {
	defer close(l.done)
	var buf []byte
	var entries []Entry
	for range l.kick {
		buf, entries = l.commit(buf, entries)
	}
	// What came between the last round and Close.
	l.commit(buf, entries)
}

// commit takes what has gathered, writes it, and tells those who wait. It
// returns its scratch space.
func (l *Log) commit(buf []byte, entries []Entry) ([]byte, []Entry) {
	b := l.take()
	if b == nil {
		return buf, entries
	}
	buf, entries = compress(b, buf, entries)
	began := time.Now()
	b.err = l.engine.Append(entries)
	took := time.Since(began)
	if b.err == nil {
		l.events.Add(uint64(b.events))
		told := -1
		for i := range entries {
			if p := entries[i].Partition; p != told {
				l.tails[p].announce()
				told = p
			}
		}
	}
	l.mu.Lock()
	l.pending -= b.bytes
	l.makeRoom()
	// A quarter of the way to the latest: a few commits tell a burst from a
	// lasting load.
	l.company += ((b.calls+l.batch.calls)*256 - l.company) / 4
	l.cost += (took - l.cost) / 4
	for i := range b.chunks {
		if raw := b.chunks[i].raw; raw != nil && len(l.spare) < maxSpare {
			l.spare = append(l.spare, raw)
		}
	}
	l.mu.Unlock()
	close(b.done)
	clear(entries)
	return buf, entries[:0]
}

// take returns the batch to commit, nil when it is empty, and starts another.
//
// It waits a little first when there is reason to expect company: around recent
// commits there were several callers, and this one has few of them so far.
// Clients that wait for their answer come back right after a commit, one by
// one; without the wait the first to arrive would get a sync of its own and all
// others would wait for it. A lone client never waits, and under load the
// callers gather while the commit before is being written. The wait is at most
// what two commits cost, so that it cannot cost more than it saves.
func (l *Log) take() *batch {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.batch
	if b.calls == 0 {
		return nil
	}
	expected := min(l.company*7/8/256, manyCalls) // not all: some may be gone
	if linger := min(l.opts.Linger, 2*l.cost); linger > 0 && expected > 1 && b.calls < expected && b.bytes < fullBatch && !l.closed {
		b.enough = expected
		l.mu.Unlock()
		timer := time.NewTimer(linger)
		select {
		case <-b.ready:
		case <-timer.C:
		}
		timer.Stop()
		l.mu.Lock()
	}
	l.batch = newBatch(l.Partitions())
	return b
}

// compress returns the entries of b, their payloads in buf.
func compress(b *batch, buf []byte, entries []Entry) ([]byte, []Entry) {
	need := 0
	for i := range b.chunks {
		if raw := b.chunks[i].raw; raw != nil {
			need += s2.MaxEncodedLen(len(raw))
		}
	}
	if cap(buf) < need || cap(buf) > 8<<20 {
		buf = make([]byte, need)
	}
	buf = buf[:cap(buf)]
	at := 0
	for i := range b.chunks {
		c := &b.chunks[i]
		e := c.Entry
		if c.raw != nil {
			limit := at + s2.MaxEncodedLen(len(c.raw))
			e.Payload = s2.Encode(buf[at:limit:limit], c.raw)
			at += len(e.Payload)
		}
		entries = append(entries, e)
	}
	return buf, entries
}
