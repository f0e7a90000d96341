package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/live"
)

func event(source string, at time.Time, seq uint64, index int) live.Event {
	p := secant.Position{Partition: 1, Seq: seq, Index: index}
	return live.Event{ID: live.EventID(at.UnixMilli(), p), Source: source, Type: secant.TypeTrack, Name: "Signed up", MessageID: fmt.Sprintf("m-%d-%d", seq, index),
		UserID: "u1", AnonymousID: "a1", Reason: secant.ReasonDuplicate, ReceivedAt: at.UnixMilli(), Position: p, JSON: json.RawMessage(`{"type":"track"}`)}
}

func TestObserved(t *testing.T) {
	t.Parallel()
	c := newClock()
	s, ctx := newStoreAt(t, c), t.Context()
	check(t, s.SaveObserved(ctx, live.Observed{}))
	if got := must(s.LoadObserved(ctx))(t); got == nil || len(got) != 0 {
		t.Errorf("an empty store has positions %v", got)
	}
	e := event("shop", c.now(), 7, 2)
	check(t, s.SaveObserved(ctx, live.Observed{Positions: map[int]uint64{1: 7, 3: 1}, Events: []live.Event{e}}))
	twice := e
	twice.Name = "changed"
	check(t, s.SaveObserved(ctx, live.Observed{Positions: map[int]uint64{1: 8}, Events: []live.Event{twice}}))

	check(t, s.Close())
	s = mustOpen(t, s.o)
	if diff := cmp.Diff(map[int]uint64{1: 8, 3: 1}, must(s.LoadObserved(ctx))(t)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]live.Event{e}, must(s.LoadEvents(ctx, "shop", 10))(t)); diff != "" {
		t.Error(diff)
	}
}

func TestDebuggerKeepsTheNewest(t *testing.T) {
	t.Parallel()
	c := newClock()
	s, ctx := newStoreAt(t, c), t.Context()
	for round := range 8 {
		var events []live.Event
		for i := range 250 {
			events = append(events, event("busy", c.now(), uint64(round+1), i))
		}
		if round == 0 {
			events = append(events, event("quiet", c.now(), 1, 999))
		}
		check(t, s.SaveObserved(ctx, live.Observed{Events: events}))
		c.advance(time.Second)
	}
	got := must(s.LoadEvents(ctx, "busy", 10_000))(t)
	if len(got) != live.Kept || got[0].Position.Seq != 8 || got[live.Kept-1].Position.Seq != 7 {
		t.Errorf("kept %d events, from %v to %v", len(got), got[0].Position, got[len(got)-1].Position)
	}
	if !slices.IsSortedFunc(got, func(a, b live.Event) int { return -cmpText(a.ID, b.ID) }) {
		t.Error("the events are not the newest first")
	}
	if got := must(s.LoadEvents(ctx, "quiet", 10))(t); len(got) != 1 {
		t.Errorf("the quiet source kept %d events", len(got))
	}
	var rows int
	check(t, s.reader.QueryRowContext(ctx, `SELECT COUNT(*) FROM debugger_events`).Scan(&rows))
	if rows > live.Kept+debuggerSlack+1 {
		t.Errorf("%d rows lie in the table", rows)
	}
}

func cmpText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func TestCounts(t *testing.T) {
	t.Parallel()
	c := newClock() // 12:30:15
	s, ctx := newStoreAt(t, c), t.Context()
	minute := c.now().Unix() / 60
	row := func(at int64, source, name, dest string, outcome secant.Outcome, n int64) secant.Count {
		return secant.Count{Minute: at, Source: source, Type: secant.TypeTrack, Name: name, Destination: dest, Outcome: outcome, N: n}
	}
	check(t, s.SaveObserved(ctx, live.Observed{Counts: []secant.Count{
		row(minute, "shop", "A", "", secant.OutcomeAccepted, 5),
		row(minute, "shop", "A", "", secant.OutcomeAccepted, 2), // twice in one batch
		row(minute, "shop", "B", "", secant.OutcomeBlocked, 1),
		row(minute-45, "shop", "A", "", secant.OutcomeAccepted, 10), // an hour earlier
		row(minute-24*60, "shop", "A", "", secant.OutcomeAccepted, 100),
		row(minute, "shop", "A", "hook", secant.OutcomeDelivered, 3),
		row(minute, "shop", "", "", secant.OutcomeRefused, 50),
		row(minute, "", "", "", secant.OutcomeRefused, 9),
	}}))
	check(t, s.SaveObserved(ctx, live.Observed{Counts: []secant.Count{row(minute, "shop", "A", "", secant.OutcomeAccepted, 1)}}))
	at := func(m int64) time.Time { return time.Unix(m*60, 0).UTC() }

	for _, test := range []struct {
		name string
		q    CountQuery
		want []CountRow
	}{
		{"by minute and name", CountQuery{By: ByMinute, From: c.now().Add(-30 * time.Minute), Source: "shop", Collected: true, Group: []string{"name"}, Type: "track"}, []CountRow{
			{At: at(minute), N: 50}, {At: at(minute), Name: "A", N: 8}, {At: at(minute), Name: "B", N: 1}}},
		{"by hour", CountQuery{By: ByHour, From: c.now().Add(-time.Hour), Source: "shop", Outcome: "accepted"}, []CountRow{
			{At: at(minute - 30 - 60), N: 10}, {At: at(minute - 30), N: 8}}},
		{"by day", CountQuery{By: ByDay, Name: "A", Collected: true, Group: []string{"source", "outcome"}}, []CountRow{
			{At: at(minute - minute%1440 - 1440), Source: "shop", Outcome: "accepted", N: 100},
			{At: at(minute - minute%1440), Source: "shop", Outcome: "accepted", N: 18}}},
		{"total of the last hour", CountQuery{From: c.now().Add(-time.Hour), Outcome: "accepted"}, []CountRow{{N: 18}}},
		{"total of all time", CountQuery{Outcome: "accepted", By: InTotal}, []CountRow{{N: 118}}},
		{"of deliveries", CountQuery{Delivered: true, Group: []string{"destination", "outcome"}}, []CountRow{{Destination: "hook", Outcome: "delivered", N: 3}}},
		{"nothing", CountQuery{Source: "nobody"}, nil},
		{"before To", CountQuery{By: ByMinute, To: c.now().Add(-time.Hour), Collected: true}, []CountRow{{At: at(minute - 1440), N: 100}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, must(s.Counts(ctx, test.q))(t)); diff != "" {
				t.Error(diff)
			}
		})
	}
	_, err := s.Counts(ctx, CountQuery{Group: []string{"1; DROP TABLE sources"}})
	wantErr(t, err, secant.ErrInvalid)
	_, err = s.Counts(ctx, CountQuery{By: "week"})
	wantErr(t, err, secant.ErrInvalid)

	want := map[string]Activity{"shop": {LastEventAt: at(minute), Events24h: 19}}
	if diff := cmp.Diff(want, must(s.Activity(ctx))(t)); diff != "" {
		t.Error(diff)
	}
}

func TestUpkeep(t *testing.T) {
	t.Parallel()
	c := newClock()
	s, ctx := newStoreAt(t, c), t.Context()
	src, _ := shop(t, s)
	start := c.now().Unix() / 60
	for day := range int64(3) {
		check(t, s.SaveObserved(ctx, live.Observed{Counts: []secant.Count{
			{Minute: start + day*1440, Source: src.ID, Outcome: secant.OutcomeAccepted, N: 10},
			{Minute: start + day*1440 + 61, Source: src.ID, Outcome: secant.OutcomeAccepted, N: 1},
			{Minute: start + day*1440, Source: "gone", Outcome: secant.OutcomeAccepted, N: 1},
		}}))
	}
	rows := func(table string) (n int) {
		t.Helper()
		check(t, s.reader.QueryRowContext(ctx, `SELECT COUNT(*) FROM `+table).Scan(&n))
		return n
	}
	days := func() []CountRow {
		t.Helper()
		return must(s.Counts(ctx, CountQuery{By: ByDay, Source: src.ID}))(t)
	}
	before := days()
	c.advance(36 * 24 * time.Hour)
	check(t, s.tidy(ctx))
	if rows("count_minutes") != 0 || rows("count_days") != 2 || rows("count_hours") != 6 {
		t.Errorf("minutes %d, hours %d, days %d", rows("count_minutes"), rows("count_hours"), rows("count_days"))
	}
	if diff := cmp.Diff(before, days()); diff != "" {
		t.Errorf("rolling up changed the days: %s", diff)
	}
	// A late count of a day that was rolled up already is added to it.
	check(t, s.SaveObserved(ctx, live.Observed{Counts: []secant.Count{{Minute: start + 5, Source: src.ID, Outcome: secant.OutcomeAccepted, N: 4}}}))
	check(t, s.tidy(ctx))
	if got := days(); got[0].N != before[0].N+4 {
		t.Errorf("a late count made %d of %d", got[0].N, before[0].N)
	}
	check(t, s.DeleteSource(ctx, owner, src.ID, 0))
	if got := days(); got != nil {
		t.Errorf("a deleted source has counts %v", got)
	}
	check(t, s.tidy(ctx))
	if rows("count_days") != 1 || rows("count_hours") != 2 { // those of "gone", which was never a source of ours
		t.Errorf("hours %d, days %d are left of a deleted source", rows("count_hours"), rows("count_days"))
	}
}
