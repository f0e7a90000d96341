package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/deliver"
	"github.com/secantdev/secant/live"
)

// TestEverythingAtOnce lets all who use a store use it at the same time.
func TestEverythingAtOnce(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	src, dst := shop(t, s)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	minute := time.Now().Unix() / 60
	saved := make([]int64, 4)
	var wg sync.WaitGroup
	forever := func(fn func(i int) error) {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				if err := fn(i); err != nil && ctx.Err() == nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for n := range saved {
		forever(func(i int) error {
			err := s.SaveObserved(ctx, live.Observed{Positions: map[int]uint64{n: uint64(i)},
				Counts: []secant.Count{{Minute: minute, Source: src.ID, Outcome: secant.OutcomeAccepted, N: 1, Name: fmt.Sprint(i % 7)}},
				Events: []live.Event{event(src.ID, time.Now(), uint64(i), n)}})
			if err == nil {
				saved[n]++
			}
			return err
		})
	}
	forever(func(i int) error {
		return s.Checkpoint(ctx, deliver.Checkpoint{Destination: dst.ID, Cursors: map[int]deliver.Cursor{0: {Seq: uint64(i)}},
			Park: []deliver.Parked{parked(dst.ID, uint64(i), time.Now())}})
	})
	forever(func(i int) error {
		limit := i
		_, err := s.UpdateSource(ctx, owner, src.ID, SourcePatch{RateLimit: &limit})
		return err
	})
	forever(func(int) error {
		if s.Workspace().SourceByWriteKey("wk_shop") == nil {
			return errors.New("the write key is gone")
		}
		_, err := s.LoadEvents(ctx, src.ID, 50)
		return err
	})
	forever(func(int) error { _, err := s.Counts(ctx, CountQuery{By: ByMinute}); return err })
	forever(func(int) error { _, err := s.ListAudit(ctx, AuditFilter{}, Page{}); return err })
	forever(func(int) error { return s.tidy(ctx) })
	wg.Wait()

	var want int64
	for _, n := range saved {
		want += n
	}
	rows := must(s.Counts(t.Context(), CountQuery{}))(t)
	// A save that the end of ctx interrupted may or may not have gone through.
	if len(rows) != 1 || rows[0].N < want || rows[0].N > want+int64(len(saved)) {
		t.Errorf("counted %+v, saved %d", rows, want)
	}
}

func BenchmarkSaveObserved(b *testing.B) {
	s := newStore(b)
	minute := time.Now().Unix() / 60
	json := make([]byte, 1200)
	for i := 0; b.Loop(); i++ {
		o := live.Observed{Positions: map[int]uint64{0: uint64(i), 1: 1, 2: 1, 3: 1}}
		for n := range 300 {
			o.Counts = append(o.Counts, secant.Count{Minute: minute + int64(i/60), Source: "shop", Name: fmt.Sprint(n), Outcome: secant.OutcomeAccepted, N: 10})
		}
		for n := range 500 {
			e := event(fmt.Sprint("s", n%10), time.Now(), uint64(i), n)
			e.JSON = json
			o.Events = append(o.Events, e)
		}
		if err := s.SaveObserved(b.Context(), o); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheckpoint(b *testing.B) {
	s := newStore(b)
	_, dst := shop(b, s)
	for i := 0; b.Loop(); i++ {
		c := deliver.Checkpoint{Destination: dst.ID, Cursors: map[int]deliver.Cursor{0: {Seq: uint64(i)}, 1: {Seq: 1}, 2: {}, 3: {}}}
		for n := range 100 {
			c.Park = append(c.Park, parked(dst.ID, uint64(i*100+n), time.Now()))
			c.Unpark = append(c.Unpark, fmt.Sprintf("0-%d-0", (i-1)*100+n))
		}
		if err := s.Checkpoint(b.Context(), c); err != nil {
			b.Fatal(err)
		}
	}
}
