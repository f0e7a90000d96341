package main

import (
	"context"
	"fmt"
	"os"
	"time"
)

// scenario is one way of sending.
type scenario struct {
	Name  string
	Conns int
	Batch int // events per request; 1: the single-event route
	Rate  int // requests a second over all connections; 0: as fast as answered
}

var scenarios = []scenario{
	{"singles-64", 64, 1, 0},
	{"singles-256", 256, 1, 0},
	{"batch-16", 16, 100, 0},
	{"rate-1500", 64, 1, 1500},
}

func scenarioNames() []string {
	names := make([]string, len(scenarios))
	for i, s := range scenarios {
		names[i] = s.Name
	}
	return names
}

// maxSources is how many write keys the generator prepares.
const maxSources = 1000

func (s scenario) describe() string {
	what := "single events"
	if s.Batch > 1 {
		what = fmt.Sprintf("batches of %d", s.Batch)
	}
	if s.Rate > 0 {
		what += fmt.Sprintf(" at %d requests/s", s.Rate)
	}
	return fmt.Sprintf("%s, %d connections", what, s.Conns)
}

// measureCollect runs each scenario against the bare handler and secant in
// alternating windows, so that a slow minute of the machine hits both.
func measureCollect(ctx context.Context, o options, r *report) error {
	bare, err := startPeer(ctx, "bare", o)
	if err != nil {
		return err
	}
	defer bare.stop()
	secant, err := startSecant(ctx, o, "")
	if err != nil {
		return err
	}
	defer secant.stop()
	targets := []*target{bare, secant}
	for _, s := range scenarios {
		if !contains(o.Scenarios, s.Name) {
			continue
		}
		for _, t := range targets { // a window that does not count: caches, heaps, connections
			if _, err := window(ctx, o, t, s, min(o.Window, 2*time.Second)); err != nil {
				return err
			}
		}
		got := make([][]figures, len(targets))
		for round := range o.Rounds {
			for i, t := range targets {
				progress("%s: %s, window %d of %d", s.Name, t.Name, round+1, o.Rounds)
				f, err := window(ctx, o, t, s, o.Window)
				if err != nil {
					return fmt.Errorf("%s, %s: %w", s.Name, t.Name, err)
				}
				got[i] = append(got[i], f)
			}
		}
		for i, t := range targets {
			r.add(row{Scenario: s.Name, What: s.describe(), Target: t.Name, figures: medians(got[i])})
		}
	}
	return nil
}

// window loads t for about d and returns what it cost, what was left to do
// after the last answer included.
func window(ctx context.Context, o options, t *target, s scenario, d time.Duration) (figures, error) {
	if err := t.resetPeak(); err != nil {
		return figures{}, err
	}
	before, err := t.usage()
	if err != nil {
		return figures{}, err
	}
	var profiled <-chan error
	if o.Profile != "" && t.Token != "" {
		profiled = t.profile(ctx, o.Profile, s.Name, d)
	}
	l, err := drive(ctx, t.Addr, s, o.Sources, d, 0)
	if err != nil {
		return figures{}, err
	}
	if err := t.drain(ctx); err != nil {
		return figures{}, err
	}
	after, err := t.usage()
	if err != nil {
		return figures{}, err
	}
	if profiled != nil {
		if err := <-profiled; err != nil {
			return figures{}, err
		}
	}
	return l.figures(before, after), nil
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}

func progress(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
