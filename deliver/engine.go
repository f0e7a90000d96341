package deliver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/destination"
	"github.com/secantdev/secant/egress"
	"github.com/secantdev/secant/eventlog"
)

// Workspace is where the engine learns what is configured.
type Workspace interface {
	// Workspace returns the current picture.
	Workspace() *secant.Workspace
	// Subscribe returns a channel that receives after the workspace has
	// changed, and a function that ends the subscription.
	Subscribe() (changed <-chan struct{}, cancel func())
}

// Options say what an Engine works with. Times and numbers have defaults.
type Options struct {
	Clean       *eventlog.Log
	Workspace   Workspace
	Store       Store
	Definitions []destination.Definition
	Egress      *egress.Client
	Logger      *slog.Logger

	// Concurrency is how many calls of Send one destination gets at once; 16
	// by default.
	Concurrency int
	// Checkpoint is the longest that progress stays unsaved; 1 s by default.
	Checkpoint time.Duration
	// CheckpointEvery makes a checkpoint due after so many events; 1,000 by
	// default.
	CheckpointEvery int
	// Grace is how long what is being sent may take when the engine or a
	// destination stops; 10 s by default.
	Grace time.Duration
}

// Engine delivers the clean log to the destinations of a workspace. Its methods
// may be called from any number of goroutines, also before and after Run.
type Engine struct {
	opts  Options
	clean *eventlog.Log
	store Store
	defs  []destination.Definition
	log   *slog.Logger

	mu     sync.Mutex
	actors map[string]*actor
	loaded bool // actors know their cursors
}

// New returns an engine that does nothing until Run.
func New(o Options) *Engine {
	o.Concurrency = cmp.Or(o.Concurrency, 16)
	o.Checkpoint = cmp.Or(o.Checkpoint, time.Second)
	o.CheckpointEvery = cmp.Or(o.CheckpointEvery, 1000)
	o.Grace = cmp.Or(o.Grace, 10*time.Second)
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return &Engine{
		opts: o, clean: o.Clean, store: o.Store, defs: o.Definitions, log: o.Logger,
		actors: map[string]*actor{},
	}
}

// Run delivers until ctx ends, then lets what is being sent finish within the
// grace period and saves progress. It is called once. An error means that it
// could not start.
func (e *Engine) Run(ctx context.Context) error {
	changed, cancel := e.opts.Workspace.Subscribe()
	defer cancel()
	cursors, err := e.store.LoadCursors(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("load cursors: %w", err)
	}
	var actors sync.WaitGroup
	defer actors.Wait()
	e.reconcile(ctx, &actors, cursors)
	for {
		select {
		case <-ctx.Done():
			return nil
		case _, open := <-changed:
			if !open {
				changed = nil // the store is closing; so will we be
				continue
			}
			e.reconcile(ctx, &actors, nil)
		}
	}
}

// reconcile tells every destination's actor what is wanted of it. Destinations
// that only the store remembers are forgotten.
func (e *Engine) reconcile(ctx context.Context, actors *sync.WaitGroup, cursors map[string]map[int]Cursor) {
	ws := e.opts.Workspace.Workspace()
	e.mu.Lock()
	defer e.mu.Unlock()
	start := func(id string) *actor {
		a := e.actors[id]
		if a == nil {
			a = newActor(e, id, cursors[id])
			e.actors[id] = a
			actors.Go(func() { a.run(ctx) })
		}
		return a
	}
	for id, d := range ws.Destinations {
		start(id).want(d)
	}
	for id := range cursors {
		start(id)
	}
	e.loaded = true
	for id, a := range e.actors {
		if ws.Destinations[id] == nil {
			a.want(nil)
		}
	}
}

// instance makes an instance of a definition.
func (e *Engine) instance(def destination.Definition, d *secant.Destination, settings map[string]any) (destination.Instance, error) {
	inst, err := def.New(destination.Env{
		Destination: d.ID,
		HTTP:        e.opts.Egress,
		Logger:      e.log.With("destination", d.ID),
		Now:         time.Now,
	}, settings)
	if err != nil {
		return nil, fmt.Errorf("open destination: %w", err)
	}
	return inst, nil
}

// maxLookBack bounds how many chunks are looked at to find where a new
// destination begins.
const maxLookBack = 4096

// startOf returns the first chunk of a partition that can hold an event
// received at or after since, or next when since is zero. Starting by the clock
// and not at the newest chunk keeps the events that arrive between a
// destination's creation and the moment the engine learns of it.
func (e *Engine) startOf(partition int, next uint64, since time.Time) (uint64, error) {
	if since.IsZero() {
		return next, nil
	}
	first, _ := e.clean.Bounds(partition)
	start := next
	for start > first && next-start < maxLookBack {
		r := e.clean.Read(partition, start-1)
		c, ok, err := r.TryNext()
		err = errors.Join(err, r.Close())
		if err != nil {
			return 0, fmt.Errorf("find a destination's start: %w", err)
		}
		if !ok || c.Seq >= start || c.Last < since.UnixMilli() {
			break
		}
		start--
	}
	return start, nil
}

// Keep returns the lowest chunk of a partition that a destination has not
// settled yet, math.MaxUint64 when none waits: what the clean log has to keep.
// A destination that is switched off keeps nothing. Before Run has learned
// where the destinations are, everything is kept.
func (e *Engine) Keep(partition int) uint64 {
	e.mu.Lock()
	loaded := e.loaded
	e.mu.Unlock()
	if !loaded {
		return 0
	}
	lowest := uint64(math.MaxUint64)
	for _, a := range e.list() {
		if seq, ok := a.keeps(partition); ok {
			lowest = min(lowest, seq)
		}
	}
	return lowest
}

// list returns the actors in the order of their ids.
func (e *Engine) list() []*actor {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := make([]*actor, 0, len(e.actors))
	for _, a := range e.actors {
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b *actor) int { return strings.Compare(a.id, b.id) })
	return list
}

// Status returns a picture of one destination, and false when the engine does
// not know it (yet).
func (e *Engine) Status(id string) (Status, bool) {
	e.mu.Lock()
	a := e.actors[id]
	e.mu.Unlock()
	if a == nil {
		return Status{}, false
	}
	return a.status()
}

// Statuses returns a picture of every destination, by id: for metrics.
func (e *Engine) Statuses() []Status {
	var list []Status
	for _, a := range e.list() {
		if s, ok := a.status(); ok {
			list = append(list, s)
		}
	}
	return list
}

// Resend moves dead letters of a destination back among the parked deliveries,
// due now; no ids means all. It returns how many there were. They are sent once
// the destination is enabled and its breaker closed.
func (e *Engine) Resend(ctx context.Context, id string, letters []string) (int, error) {
	n, err := e.store.ResendDead(ctx, id, letters, time.Now())
	if err != nil {
		return 0, fmt.Errorf("resend dead letters: %w", err)
	}
	e.mu.Lock()
	a := e.actors[id]
	e.mu.Unlock()
	if a != nil && n > 0 {
		a.refresh(n)
	}
	return n, nil
}
