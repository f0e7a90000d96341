package main

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// measureDelivery sends a fixed number of events to a source with one webhook
// and counts the cost until the last one has arrived there.
func measureDelivery(ctx context.Context, o options, r *report) error {
	sink, err := startPeer(ctx, "sink", options{})
	if err != nil {
		return err
	}
	defer sink.stop()
	o.Sources = 1
	secant, err := startSecant(ctx, o, "http://"+sink.Addr+"/hook")
	if err != nil {
		return err
	}
	defer secant.stop()
	s := scenario{Name: "delivered", Conns: 16, Batch: 100}
	var got []figures
	for round := range o.Rounds + 1 { // the first window does not count
		progress("%s: window %d of %d", s.Name, round, o.Rounds)
		f, err := deliverWindow(ctx, o, secant, sink, s)
		if err != nil {
			return err
		}
		if round > 0 {
			got = append(got, f)
		}
	}
	r.add(row{Scenario: s.Name, Target: "secant", figures: medians(got),
		What: fmt.Sprintf("%d events accepted in batches of %d and delivered one by one to a webhook", o.Events, s.Batch)})
	return nil
}

func deliverWindow(ctx context.Context, o options, secant, sink *target, s scenario) (figures, error) {
	if err := secant.resetPeak(); err != nil {
		return figures{}, err
	}
	before, err := secant.usage()
	if err != nil {
		return figures{}, err
	}
	had, err := sink.count(ctx)
	if err != nil {
		return figures{}, err
	}
	start := time.Now()
	l, err := drive(ctx, secant.Addr, s, 1, 0, int64(o.Events))
	if err != nil {
		return figures{}, err
	}
	for deadline := time.Now().Add(5 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		n, err := sink.count(ctx)
		if err != nil {
			return figures{}, err
		}
		if n-had >= l.Events {
			break
		}
		if time.Now().After(deadline) {
			return figures{}, fmt.Errorf("after five minutes %d of %d events are delivered", n-had, l.Events)
		}
	}
	l.Took = time.Since(start) // the rate is of delivered events
	after, err := secant.usage()
	if err != nil {
		return figures{}, err
	}
	return l.figures(before, after), nil
}

func (t *target) count(ctx context.Context) (int64, error) {
	body, err := t.get(ctx, "/count")
	if err != nil {
		return 0, fmt.Errorf("ask sink: %w", err)
	}
	return strconv.ParseInt(string(body), 10, 64)
}
