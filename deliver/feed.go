package deliver

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/eventlog"
)

// readAgain is the wait before reading the log again when the disk failed.
const readAgain = time.Second

// feed reads one partition and puts what is meant for the destination into its
// lanes, as fast as the window lets it.
func (r *runner) feed(t *track) {
	from := t.read
	reader := r.e.clean.Read(t.partition, from.Seq)
	defer reader.Close()
	expected, fault := from.Seq, ""
	for {
		c, err := reader.Next(r.reading)
		if err != nil {
			if r.reading.Err() != nil || errors.Is(err, eventlog.ErrClosed) {
				return
			}
			if text := err.Error(); text != fault {
				fault = text
				r.log.Error("reading the clean log failed; trying again", "error", err)
			}
			select {
			case <-time.After(readAgain):
				continue
			case <-r.reading.Done():
				return
			}
		}
		fault = ""
		if c.Seq > expected {
			r.lose(t.partition, expected, c)
		}
		first := 0
		if c.Seq == from.Seq {
			first = from.Index
		}
		expected = c.Seq + 1
		jobs, passed := r.sift(c, first)
		if !r.enqueue(t, jobs, passed, Cursor{Seq: expected}) {
			return
		}
	}
}

// lose notes chunks that were gone before they were read.
func (r *runner) lose(partition int, expected uint64, c *eventlog.Chunk) {
	n := c.Seq - expected
	r.log.Error("events were gone from the clean log before they were delivered",
		"partition", partition, "firstChunk", expected, "lastChunk", c.Seq-1, "damaged", c.Skipped, "removedByRetention", c.Missed)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status.LostChunks += n
	r.status.LostAt = time.Now()
	r.status.LastError, r.status.LastErrorReason, r.status.LastErrorAt =
		fmt.Sprintf("%d chunks of events were gone from the log before they were delivered; keep the log longer, or make the destination faster", n),
		secant.ReasonInternal, r.status.LostAt
}

// sift returns the jobs in a chunk from its record numbered first on, and the
// counts of the source's events that are not for the destination.
func (r *runner) sift(c *eventlog.Chunk, first int) (jobs []*job, passed map[countKey]int64) {
	seen := 0
	minute := minuteOf(time.Now())
	for i, rec := range c.Records() {
		seen++
		if i < first || rec.Source != r.dest.Source || rec.ReceivedAt < r.since {
			continue
		}
		if why := r.filter.check(rec.Type, rec.JSON); why != secant.ReasonNone {
			if passed == nil {
				passed = map[countKey]int64{}
			}
			passed[countKey{minute, rec.Source, rec.Type, string(rec.Name), why, secant.OutcomeFiltered}]++
			continue
		}
		jobs = append(jobs, &job{
			id:         string(rec.MessageID),
			source:     r.dest.Source,
			typ:        rec.Type,
			name:       string(rec.Name), // raw; enqueue decodes it
			lane:       rec.Lane,
			pos:        secant.Position{Partition: c.Partition, Seq: c.Seq, Index: i},
			receivedAt: rec.ReceivedAt,
			// A copy, so that one waiting event does not keep a whole chunk of
			// other sources' events in memory.
			json: bytes.Clone(rec.JSON),
		})
	}
	if seen < c.Count {
		r.log.Error("part of a chunk of the clean log cannot be read", "partition", c.Partition, "chunk", c.Seq,
			"records", c.Count-seen, "error", c.Err())
	}
	return jobs, passed
}

// enqueue hands jobs to the lanes as the window has room, then notes that
// everything before end has been read. It returns false when the runner stops.
func (r *runner) enqueue(t *track, jobs []*job, passed map[countKey]int64, end Cursor) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, j := range jobs {
		for !r.closing && r.flight > 0 && (r.flight >= maxFlight || r.bytes+len(j.json) > maxFlightBytes) {
			r.room.Wait()
		}
		if r.closing {
			return false
		}
		r.flight++
		r.bytes += len(j.json)
		j.track = t
		j.name = r.names.of(j.name)
		t.pending.push(j)
		t.read = Cursor{Seq: j.pos.Seq, Index: j.pos.Index + 1}
		if r.lanes.add(j) {
			r.wake()
		}
	}
	if r.closing {
		return false
	}
	t.read = end
	for k, n := range passed {
		k.name = r.names.of(k.name)
		r.ledger.counts[k] += n
		r.status.Filtered += uint64(n)
	}
	return true
}
