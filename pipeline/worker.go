package pipeline

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/eventlog"
	"github.com/secantdev/secant/pipeline/dedupe"
)

// Bounds of what a worker takes in hand at once. All of it becomes one commit of
// the clean log, so that under load many raw chunks share a sync.
const (
	maxChunks = 32
	maxBytes  = 1 << 20
)

// maxUnmarked is how many raw chunks without a surviving event may follow each
// other before an empty clean chunk notes that they are settled.
const maxUnmarked = 64

// Waits before work that failed is tried again.
const (
	firstWait = 50 * time.Millisecond
	lastWait  = 2 * time.Second
)

// worker owns one partition.
type worker struct {
	p         *Pipeline
	partition int

	cleaned  uint64 // raw chunks up to this one are in the clean log
	unmarked int    // settled raw chunks after it, of which nothing survived
	chunks   []*eventlog.Chunk
	verdicts []secant.Verdict
	ends     []int // per chunk, the end of its verdicts
	asked    []dedupe.Event
	askedAt  []int // the verdict each is about
	out      []eventlog.NewChunk
	records  []secant.Record

	stuck                           atomic.Pointer[error]
	events, passed, damaged, missed atomic.Int64
	settled                         atomic.Uint64
	busySince                       atomic.Int64 // milliseconds since 1970, 0 when all is settled
	perChunk                        atomic.Int64 // events in a chunk, times 16
	recovering                      atomic.Bool
}

// locate finds out where to go on, and whether the logs belong together.
func (w *worker) locate() error {
	_, next := w.p.raw.Bounds(w.partition)
	w.cleaned, w.unmarked = w.p.clean.LastOrigin(w.partition), 0
	if w.cleaned >= next {
		return fmt.Errorf("start pipeline: partition %d of the clean log was made from raw chunk %d, but the raw log ends before %d: "+
			"it was replaced by another or an older one. Restore the raw log that belongs to the clean log, or move both aside to start with empty ones",
			w.partition, w.cleaned, next)
	}
	if seen := w.p.observer.ObservedUpTo(w.partition); seen >= next {
		return fmt.Errorf("start pipeline: partition %d was counted up to raw chunk %d, but the raw log ends before %d: "+
			"it was replaced by another or an older one. Restore the log directory and the database that belong together",
			w.partition, seen, next)
	}
	if w.p.index != nil {
		if mark := w.p.index.Watermark(w.partition); mark >= next {
			return fmt.Errorf("%w: it knows chunk %d of partition %d, but the raw log ends before %d: it belongs to another log",
				dedupe.ErrDamaged, mark, w.partition, next)
		}
	}
	w.settled.Store(w.cleaned)
	return nil
}

// recall has the dedupe index remember again what it forgot in a crash, up to
// where the clean log ends.
func (w *worker) recall(ctx context.Context) error {
	index := w.p.index
	if index == nil || index.Watermark(w.partition) >= w.cleaned {
		return nil
	}
	w.recovering.Store(true)
	defer w.recovering.Store(false)
	from, begun := index.Watermark(w.partition)+1, w.p.now()
	r := w.p.raw.Read(w.partition, from)
	defer r.Close()
	for r.Seq() <= w.cleaned {
		if err := w.gather(ctx, r, w.cleaned); err != nil {
			return err
		}
		if len(w.chunks) == 0 { // what is left is damaged
			break
		}
		w.judge()
		if err := w.dedupe(ctx); err != nil {
			return err
		}
	}
	if err := index.Check(ctx, w.partition, w.cleaned, nil); err != nil {
		return err
	}
	if w.cleaned-from > 1000 {
		w.p.log.Info("dedupe index was brought up to date from the raw log",
			"partition", w.partition, "chunks", w.cleaned-from+1, "took", w.p.now().Sub(begun))
	}
	return nil
}

// work settles chunk after chunk until ctx ends.
func (w *worker) work(ctx context.Context) error {
	r := w.p.raw.Read(w.partition, w.p.Needed(w.partition))
	defer r.Close()
	defer w.mark()
	w.busySince.Store(w.p.now().UnixMilli())
	for {
		if err := w.gather(ctx, r, ^uint64(0)); err != nil {
			return err
		}
		w.judge()
		if err := w.dedupe(ctx); err != nil {
			return err
		}
		if err := w.append(ctx); err != nil {
			return err
		}
		w.observe()
		if err := w.rest(ctx); err != nil {
			return err
		}
	}
}

// gather fills w.chunks: with at least one, waiting for it, when upTo lies
// beyond the log's end, else with what there is up to that chunk.
func (w *worker) gather(ctx context.Context, r *eventlog.Reader, upTo uint64) error {
	clear(w.chunks)
	w.chunks = w.chunks[:0]
	for bytes := 0; len(w.chunks) < maxChunks && bytes < maxBytes && r.Seq() <= upTo; {
		var c *eventlog.Chunk
		err := w.insist(ctx, "read the raw log", func() (err error) {
			c, _, err = r.TryNext()
			return err
		})
		if err != nil {
			return err
		}
		if c == nil && (len(w.chunks) > 0 || upTo != ^uint64(0)) {
			return nil
		}
		if c == nil {
			w.busySince.Store(0)
			err := w.insist(ctx, "read the raw log", func() (err error) {
				c, err = r.Next(ctx)
				return err
			})
			if err != nil {
				return err
			}
			w.busySince.Store(w.p.now().UnixMilli())
		}
		w.damaged.Add(int64(c.Skipped))
		w.mourn(c)
		w.chunks = append(w.chunks, c)
		bytes += c.Bytes()
	}
	return nil
}

// mourn counts the chunks that retention removed before they were settled.
func (w *worker) mourn(c *eventlog.Chunk) {
	if c.Missed == 0 || c.Seq <= w.cleaned+1 {
		return
	}
	lost := min(c.Missed, c.Seq-1-w.cleaned)
	w.missed.Add(int64(lost))
	w.p.log.Error("raw chunks were removed by retention before they were settled: their events are lost; give the raw log more room",
		"partition", w.partition, "before", c.Seq, "chunks", lost)
}

// judge fills w.verdicts with what can be said without the dedupe index.
func (w *worker) judge() {
	workspace := w.p.workspace.Workspace()
	w.verdicts, w.ends = w.verdicts[:0], w.ends[:0]
	for _, c := range w.chunks {
		before := len(w.verdicts)
		for i, r := range c.Records() {
			v := secant.Verdict{
				Record:   *r,
				Reason:   r.Reason,
				Position: secant.Position{Partition: w.partition, Seq: c.Seq, Index: i},
			}
			if v.Reason == "" {
				switch s := workspace.Sources[r.Source]; {
				case s == nil:
					v.Reason = secant.ReasonUnknownSource
				case !s.Enabled:
					v.Reason = secant.ReasonSourceDisabled
				}
			}
			w.verdicts = append(w.verdicts, v)
		}
		if n := len(w.verdicts) - before; n != c.Count {
			w.damaged.Add(1)
			w.p.log.Error("a raw chunk holds fewer events than it says", "partition", w.partition, "seq", c.Seq,
				"events", c.Count, "readable", n, "error", c.Err())
		}
		w.ends = append(w.ends, len(w.verdicts))
	}
}

// dedupe marks the duplicates among w.verdicts.
func (w *worker) dedupe(ctx context.Context) error {
	if w.p.index == nil || len(w.chunks) == 0 {
		return nil
	}
	w.asked, w.askedAt = w.asked[:0], w.askedAt[:0]
	for i := range w.verdicts {
		v := &w.verdicts[i]
		if v.Reason != "" {
			continue
		}
		w.asked = append(w.asked, dedupe.Event{
			Source: v.Record.Source, MessageID: v.Record.MessageID, ReceivedAt: v.Record.ReceivedAt,
			Seq: v.Position.Seq, Index: v.Position.Index,
		})
		w.askedAt = append(w.askedAt, i)
	}
	err := w.insist(ctx, "look for duplicates", func() error {
		return w.p.index.Check(ctx, w.partition, w.chunks[len(w.chunks)-1].Seq, w.asked)
	})
	if err != nil {
		return err
	}
	for i := range w.asked {
		if w.asked[i].Duplicate {
			w.verdicts[w.askedAt[i]].Reason = secant.ReasonDuplicate
		}
	}
	return nil
}

// append writes what survived, of the chunks that are not in the clean log yet.
func (w *worker) append(ctx context.Context) error {
	clear(w.out)
	clear(w.records)
	w.out, w.records = w.out[:0], w.records[:0]
	unmarked, passed := w.unmarked, 0
	for i, c := range w.chunks {
		if c.Seq <= w.cleaned {
			continue
		}
		from := 0
		if i > 0 {
			from = w.ends[i-1]
		}
		n, survivors := w.survivors(c, w.verdicts[from:w.ends[i]])
		switch {
		case survivors > 0:
			unmarked = 0
		case unmarked+1 < maxUnmarked:
			unmarked++
			continue
		default:
			unmarked = 0 // n is empty, and notes that so much is settled
		}
		w.out = append(w.out, n)
		passed += survivors
	}
	if len(w.out) > 0 {
		err := w.insist(ctx, "write the clean log", func() error {
			// Part of what failed may have got there.
			for len(w.out) > 0 && w.out[0].Origin <= w.p.clean.LastOrigin(w.partition) {
				w.out = w.out[1:]
			}
			return w.p.clean.AppendChunks(ctx, w.out)
		})
		if err != nil {
			return err
		}
		w.passed.Add(int64(passed))
	}
	w.cleaned, w.unmarked = w.p.clean.LastOrigin(w.partition), unmarked
	return nil
}

// survivors returns the clean chunk made of c: as it is when all its events go
// on, so that nothing is compressed a second time.
func (w *worker) survivors(c *eventlog.Chunk, verdicts []secant.Verdict) (eventlog.NewChunk, int) {
	n := eventlog.NewChunk{Partition: w.partition, Origin: c.Seq}
	from := len(w.records)
	for i := range verdicts {
		if verdicts[i].Reason == "" {
			w.records = append(w.records, verdicts[i].Record)
		}
	}
	survivors := len(w.records) - from
	if survivors == c.Count && survivors > 0 {
		w.records = w.records[:from]
		n.Copy = c
	} else {
		n.Records = w.records[from:len(w.records):len(w.records)]
	}
	return n, survivors
}

// observe hands the verdicts on.
func (w *worker) observe() {
	from := 0
	for i, c := range w.chunks {
		w.p.observer.Observe(w.partition, c.Seq, w.verdicts[from:w.ends[i]])
		from = w.ends[i]
		w.settled.Store(max(c.Seq, w.settled.Load()))
	}
	w.events.Add(int64(len(w.verdicts)))
	w.perChunk.Store(int64(16 * len(w.verdicts) / max(1, len(w.chunks))))
	clear(w.verdicts) // they hold on to the chunks
}

// mark notes at the end of a run that chunks without a survivor are settled, so
// that the next one need not look at them again. It does not matter when this
// fails.
func (w *worker) mark() {
	if w.unmarked == 0 || w.settled.Load() <= w.p.clean.LastOrigin(w.partition) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := w.p.clean.AppendChunks(ctx, []eventlog.NewChunk{{Partition: w.partition, Origin: w.settled.Load()}})
	if err == nil {
		w.unmarked = 0
	}
}

// insist does f until it succeeds, ctx ends, or there is no use in trying
// again.
func (w *worker) insist(ctx context.Context, what string, f func() error) error {
	wait := firstWait
	said := ""
	for {
		err := f()
		if err == nil {
			if said != "" {
				w.stuck.Store(nil)
				w.p.log.Info("the pipeline goes on", "partition", w.partition)
			}
			return nil
		}
		err = fmt.Errorf("%s: %w", what, err)
		if ctx.Err() != nil || errors.Is(err, dedupe.ErrDamaged) || errors.Is(err, eventlog.ErrClosed) {
			w.stuck.Store(nil)
			return err
		}
		w.stuck.Store(&err)
		if err.Error() != said {
			said = err.Error()
			w.p.log.Error("the pipeline waits and tries again", "partition", w.partition, "error", err)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			w.stuck.Store(nil)
			return err
		}
		wait = min(2*wait, lastWait)
	}
}

func (w *worker) stats() PartitionStats {
	_, next := w.p.raw.Bounds(w.partition)
	s := PartitionStats{Partition: w.partition, Seq: w.settled.Load(), Recovering: w.recovering.Load()}
	if next > s.Seq+1 {
		s.LagChunks = next - 1 - s.Seq
		s.LagEvents = max(int64(s.LagChunks), int64(s.LagChunks)*w.perChunk.Load()/16)
		if since := w.busySince.Load(); since > 0 {
			s.LagAge = max(0, time.Duration(w.p.now().UnixMilli()-since)*time.Millisecond)
		}
	}
	return s
}
