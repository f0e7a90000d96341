// Package pipeline takes every collected event once from the raw log to the
// clean one: it stops what is not valid, what belongs to a source that is
// switched off or gone, and what was collected before, and tells the observer
// its verdict on each.
//
// One goroutine owns a partition and works in the log's order. A clean chunk
// carries the number of the raw chunk it came from, so after a crash the
// pipeline goes on behind the last one that is in the clean log: no event is
// lost between the logs, and none gets through twice. Nothing is skipped when
// the clean log cannot be written: the same work is tried again until it can.
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/eventlog"
	"github.com/secantdev/secant/pipeline/dedupe"
)

// Observer is told the verdict on every record of every raw chunk, at least
// once: after a crash those come again that it does not have according to
// ObservedUpTo. It must not keep the verdicts' bytes, and should be quick.
type Observer interface {
	// Observe takes the verdicts on chunk seq of a partition. Calls for one
	// partition come in order, from one goroutine.
	Observe(partition int, seq uint64, verdicts []secant.Verdict)
	// ObservedUpTo returns the last chunk whose verdicts need not come again.
	ObservedUpTo(partition int) uint64
}

// Workspace says which sources there are.
type Workspace interface {
	Workspace() *secant.Workspace
}

// Options are what a pipeline works with.
type Options struct {
	Raw, Clean *eventlog.Log // with the same number of partitions
	Dedupe     *dedupe.Index // nil lets duplicates through
	Workspace  Workspace
	Observer   Observer
	Logger     *slog.Logger     // nil discards
	Now        func() time.Time // nil is time.Now
}

// Pipeline is made by New and does its work in Run.
type Pipeline struct {
	raw, clean *eventlog.Log
	index      *dedupe.Index
	workspace  Workspace
	observer   Observer
	log        *slog.Logger
	now        func() time.Time
	workers    []*worker
}

// New returns a pipeline that is at rest.
func New(o Options) (*Pipeline, error) {
	if r, c := o.Raw.Partitions(), o.Clean.Partitions(); r != c {
		return nil, fmt.Errorf("start pipeline: the raw log has %d partitions and the clean log %d: they must be the same", r, c)
	}
	p := &Pipeline{
		raw: o.Raw, clean: o.Clean, index: o.Dedupe, workspace: o.Workspace, observer: o.Observer, log: o.Logger, now: o.Now,
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	if p.now == nil {
		p.now = time.Now
	}
	for i := range p.raw.Partitions() {
		p.workers = append(p.workers, &worker{p: p, partition: i})
	}
	return p, nil
}

// Run works until ctx ends and then returns nil, with what was in hand either
// done or to be done again by the next Run. It returns an error only when the
// logs do not belong together, or one is closed beneath it.
func (p *Pipeline) Run(ctx context.Context) error {
	for {
		err := p.run(ctx)
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // stopped as asked
		case errors.Is(err, dedupe.ErrDamaged):
			p.reset(ctx, err)
		default:
			return err
		}
	}
}

// reset has the dedupe index begun anew. While even that fails, Health says so
// and Run comes back here.
func (p *Pipeline) reset(ctx context.Context, cause error) {
	err := p.index.Reset(cause)
	wait := firstWait
	if err != nil {
		p.log.Error("the dedupe index cannot be begun anew, trying again", "error", err)
		wait = lastWait
	}
	select {
	case <-time.After(wait): // a disk that keeps failing is not worth a busy loop
	case <-ctx.Done():
	}
}

// run brings the dedupe index up to the clean log's end in all partitions, and
// only then lets the workers go on: two copies of an event may lie in two
// partitions.
func (p *Pipeline) run(ctx context.Context) error {
	for _, w := range p.workers {
		if err := w.locate(); err != nil {
			return err
		}
	}
	for _, step := range []func(*worker, context.Context) error{(*worker).recall, (*worker).work} {
		g, ctx := errgroup.WithContext(ctx)
		for _, w := range p.workers {
			g.Go(func() error { return step(w, ctx) })
		}
		if err := g.Wait(); err != nil {
			return err
		}
	}
	return nil
}

// Needed returns the first chunk of a partition of the raw log that is not
// settled yet: it must be kept, and what follows it. The raw log's Keep asks
// for it.
func (p *Pipeline) Needed(partition int) uint64 {
	return min(p.clean.LastOrigin(partition), p.observer.ObservedUpTo(partition)) + 1
}

// Health returns nil, or why the pipeline stands still.
func (p *Pipeline) Health() error {
	for _, w := range p.workers {
		if err := w.stuck.Load(); err != nil {
			return fmt.Errorf("partition %d of the pipeline waits: %w", w.partition, *err)
		}
	}
	if p.index != nil {
		return p.index.Health()
	}
	return nil
}

// Stats are the numbers of a pipeline since it was made.
type Stats struct {
	Partitions []PartitionStats
	Events     int64 // records looked at; after a crash some again
	Passed     int64 // records appended to the clean log
	Damaged    int64 // raw chunks that could not be read, each named in the log
	Missed     int64 // raw chunks that retention removed before they were read
}

// PartitionStats say how far one partition is.
type PartitionStats struct {
	Partition  int
	Seq        uint64        // last raw chunk that is settled
	LagChunks  uint64        // that wait in the raw log
	LagEvents  int64         // in them, about
	LagAge     time.Duration // since everything was settled last; 0 when it is now
	Recovering bool          // bringing the dedupe index up to date after a crash
}

// Stats returns the numbers of now.
func (p *Pipeline) Stats() Stats {
	var s Stats
	for _, w := range p.workers {
		s.Partitions = append(s.Partitions, w.stats())
		s.Events += w.events.Load()
		s.Passed += w.passed.Load()
		s.Damaged += w.damaged.Load()
		s.Missed += w.missed.Load()
	}
	return s
}
