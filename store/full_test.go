package store

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/live"
)

// TestDiskFull fills the database up to a size that SQLite is told not to
// exceed, which fails like a full disk.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	s, ctx := newStore(t), t.Context()
	limit := func(pages int) {
		t.Helper()
		_, err := s.writer.ExecContext(ctx, fmt.Sprintf(`PRAGMA max_page_count = %d`, pages))
		check(t, err)
	}
	count := func(name string) live.Observed {
		return live.Observed{Positions: map[int]uint64{0: 1}, Counts: []secant.Count{
			{Minute: time.Now().Unix() / 60, Source: "shop", Name: name, Outcome: secant.OutcomeAccepted, N: 1}}}
	}
	big := count("new name")
	for i := range 100 {
		e := event("shop", time.Now(), 1, i)
		e.JSON = []byte(`"` + strings.Repeat("x", 10_000) + `"`)
		big.Events = append(big.Events, e)
	}
	limit(60)
	err := s.SaveObserved(ctx, big)
	wantErr(t, err, secant.ErrUnavailable)
	if !strings.Contains(err.Error(), "is full; make room") {
		t.Errorf("the error does not say what to do: %v", err)
	}
	if got := must(s.LoadObserved(ctx))(t); len(got) != 0 {
		t.Errorf("a failed save left positions %v", got)
	}

	// With room again, what is remembered of the failed transaction must not
	// be taken for true.
	limit(1 << 20)
	check(t, s.SaveObserved(ctx, big))
	check(t, s.SaveObserved(ctx, count("new name")))
	rows := must(s.Counts(ctx, CountQuery{Group: []string{"name"}}))(t)
	if len(rows) != 1 || rows[0].Name != "new name" || rows[0].N != 2 {
		t.Errorf("got %+v", rows)
	}
}
