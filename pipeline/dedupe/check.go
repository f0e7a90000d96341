package dedupe

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// Event is one event to be looked up and remembered.
type Event struct {
	Source     string
	MessageID  []byte // raw, as it stands in the JSON; without one nothing is a duplicate
	ReceivedAt int64  // milliseconds since 1970
	Seq        uint64 // of its chunk in the raw log
	Index      int    // in that chunk
	Duplicate  bool   // the answer
}

// scratch is memory used again by every Check.
type scratch struct {
	hashes []hashed
	text   []byte
	key    []byte
	value  []byte
}

// hashed is an event of a Check by its hash.
type hashed struct {
	hash [hashSize]byte
	i    int32 // in the events
	open bool  // nothing is known of it yet
}

// Check looks up events of one partition of the raw log, remembers those that
// are new and sets Duplicate on the others. They must be in the log's order and
// are all of the events to be remembered up to chunk upTo, which becomes the
// partition's Watermark.
//
// An event that was remembered at the same position is that event, read again;
// of two copies the one remembered first, or else the one that comes first in
// the partition, is not a duplicate.
//
// ErrDamaged asks for a Reset. After any other error the same Check is to be
// made again. While the disk is full, Check waits until ctx ends.
func (x *Index) Check(ctx context.Context, partition int, upTo uint64, events []Event) error {
	if err := x.fs.wait(ctx); err != nil {
		return fmt.Errorf("wait for room on the disk: %w", err)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return errClosed
	}
	if broken := x.broken.Load(); broken != nil {
		return *broken
	}
	if x.db == nil {
		return fmt.Errorf("%w: it is not open", ErrDamaged)
	}
	if err := x.check(partition, upTo, events); err != nil {
		if pebble.IsCorruptionError(err) || errors.Is(err, syscall.EIO) {
			x.fail(err)
			return *x.broken.Load()
		}
		return fmt.Errorf("check for duplicates: %w", err)
	}
	if broken := x.broken.Load(); broken != nil {
		return *broken
	}
	x.checked.Add(int64(len(events)))
	for i := range events {
		if events[i].Duplicate {
			x.duplicates.Add(1)
		}
	}
	return nil
}

func (x *Index) check(partition int, upTo uint64, events []Event) error {
	if err := x.turn(); err != nil {
		return err
	}
	s := &x.scratch
	x.hash(events)
	if err := x.lookUp(partition, events); err != nil {
		return err
	}
	b := x.db.NewBatch()
	defer b.Close()
	buckets := x.buckets // to go back to when the batch is not committed
	oldest := x.now().Unix() - x.horizon
	for i := range s.hashes {
		h := &s.hashes[i]
		if !h.open {
			continue
		}
		ev := &events[h.i]
		at := seconds(ev.ReceivedAt)
		if int64(at) < oldest {
			continue // its bucket would go at once
		}
		start, err := x.bucketFor(b, at)
		if err != nil {
			x.buckets = buckets
			return err
		}
		s.key = append(binary.BigEndian.AppendUint32(s.key[:0], start), h.hash[:]...)
		s.value = binary.AppendUvarint(s.value[:0], uint64(partition))
		s.value = binary.AppendUvarint(s.value, ev.Seq)
		s.value = binary.AppendUvarint(s.value, uint64(ev.Index))
		if err := b.Set(s.key, s.value, nil); err != nil {
			x.buckets = buckets
			return fmt.Errorf("remember event: %w", err)
		}
	}
	mark := max(upTo, x.marks[partition])
	s.key = binary.BigEndian.AppendUint32(append(s.key[:0], keyMark...), uint32(partition))
	s.value = binary.BigEndian.AppendUint64(s.value[:0], mark)
	if err := b.Set(s.key, s.value, nil); err != nil {
		x.buckets = buckets
		return fmt.Errorf("write watermark: %w", err)
	}
	// Not synced: a crash takes the newest batches, watermarks included.
	if err := b.Commit(pebble.NoSync); err != nil {
		x.buckets = buckets
		return fmt.Errorf("remember events: %w", err)
	}
	x.marks[partition] = mark
	if now := x.now(); now.Sub(x.flushed) > flushAfter || now.Before(x.flushed) {
		x.flushed = now
		if _, err := x.db.AsyncFlush(); err != nil {
			return fmt.Errorf("flush: %w", err)
		}
	}
	return nil
}

// hash fills the scratch with the events by their hash, in its order, and marks
// the later copies of those that are there more than once.
func (x *Index) hash(events []Event) {
	s := &x.scratch
	s.hashes = s.hashes[:0]
	for i := range events {
		ev := &events[i]
		ev.Duplicate = false
		if len(ev.MessageID) == 0 {
			continue
		}
		// A keyed hash that nobody has collisions of: with a weaker one, a
		// client could choose messageIds that make others' events vanish.
		s.text = append(append(s.text[:0], x.secret[:]...), ev.Source...)
		s.text = append(append(s.text, 0), ev.MessageID...)
		sum := sha256.Sum256(s.text)
		s.hashes = append(s.hashes, hashed{[hashSize]byte(sum[:]), int32(i), true})
	}
	slices.SortFunc(s.hashes, func(a, b hashed) int {
		if c := bytes.Compare(a.hash[:], b.hash[:]); c != 0 {
			return c
		}
		return int(a.i - b.i)
	})
	for i := 1; i < len(s.hashes); i++ {
		if s.hashes[i].hash == s.hashes[i-1].hash {
			s.hashes[i].open = false
			events[s.hashes[i].i].Duplicate = true
		}
	}
}

// lookUp finds what is known of the events, bucket by bucket, the newest first,
// and within one in the order of the keys, so that each look-up starts where
// the one before ended.
func (x *Index) lookUp(partition int, events []Event) error {
	s := &x.scratch
	if len(s.hashes) == 0 || len(x.buckets) == 0 {
		return nil
	}
	it, err := x.db.NewIter(&pebble.IterOptions{KeyTypes: pebble.IterKeyTypePointsOnly, UseL6Filters: true})
	if err != nil {
		return fmt.Errorf("look up events: %w", err)
	}
	defer it.Close()
	for b := len(x.buckets) - 1; b >= 0; b-- {
		bk := x.buckets[b]
		for i := range s.hashes {
			h := &s.hashes[i]
			if !h.open || int64(bk.end)+x.horizon <= int64(seconds(events[h.i].ReceivedAt)) {
				continue
			}
			s.key = append(binary.BigEndian.AppendUint32(s.key[:0], bk.start), h.hash[:]...)
			if !it.SeekPrefixGE(s.key) {
				if err := it.Error(); err != nil {
					return fmt.Errorf("look up event: %w", err)
				}
				continue
			}
			first, err := it.ValueAndErr()
			if err != nil {
				return fmt.Errorf("look up event: %w", err)
			}
			h.open = false
			if err := s.judge(i, events, partition, first); err != nil {
				return err
			}
		}
	}
	return nil
}

// judge compares the i-th hash's events with the position remembered for it.
func (s *scratch) judge(i int, events []Event, partition int, first []byte) error {
	var pos [3]uint64
	for j := range pos {
		v, n := binary.Uvarint(first)
		if n <= 0 {
			return fmt.Errorf("%w: malformed position", pebble.ErrCorruption)
		}
		pos[j], first = v, first[n:]
	}
	ev := &events[s.hashes[i].i]
	// A later position of the same partition: events older than what the index
	// began with are being read again. Theirs is the first copy.
	same := pos[0] == uint64(partition)
	ev.Duplicate = !same || ev.Seq > pos[1] || ev.Seq == pos[1] && uint64(ev.Index) > pos[2]
	return nil
}

// Watermark returns the last chunk of a partition whose events the index has
// all seen, 0 when there is none. After a crash it may be lower than before: the
// log is to be read again from the next chunk.
func (x *Index) Watermark(partition int) uint64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.marks[partition]
}

// Horizon returns how long an event is remembered, at least.
func (x *Index) Horizon() time.Duration { return time.Duration(x.horizon) * time.Second }

// Stats are the numbers of an index since it was opened.
type Stats struct {
	Checked    int64
	Duplicates int64
	Resets     int64  // how often it was found damaged and begun anew
	DamagedTo  string // where the last damaged one was moved
	DiskBytes  int64
	Waiting    bool // for room on the disk
}

// Stats returns the numbers of now.
func (x *Index) Stats() Stats {
	st := Stats{
		Checked:    x.checked.Load(),
		Duplicates: x.duplicates.Load(),
		Resets:     x.resets.Load(),
		Waiting:    x.fs.waiting.Load() > 0,
	}
	if to := x.damagedAt.Load(); to != nil {
		st.DamagedTo = *to
	}
	if x.mu.TryLock() { // a Check may take long while the disk is full
		if x.db != nil {
			st.DiskBytes = int64(x.db.Metrics().DiskSpaceUsage())
		}
		x.mu.Unlock()
	}
	return st
}

// Health returns nil, or why Check cannot do its work now.
func (x *Index) Health() error {
	if broken := x.broken.Load(); broken != nil {
		return *broken
	}
	if x.fs.waiting.Load() > 0 {
		return errors.New("dedupe index waits for room on the disk: free some")
	}
	return nil
}
