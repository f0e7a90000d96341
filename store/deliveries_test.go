package store

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/deliver"
	"github.com/secantdev/secant/egress"
)

func parked(dest string, seq uint64, due time.Time) deliver.Parked {
	return deliver.Parked{ID: fmt.Sprintf("0-%d-0", seq), Destination: dest, Source: "shop-web", Type: secant.TypeTrack, Name: "Signed up", MessageID: "m",
		Lane: 1<<32 - 1, Position: secant.Position{Seq: seq}, ReceivedAt: due.UnixMilli(), JSON: []byte(`{"a":1}`), Attempts: 3,
		FirstAt: due.Add(-time.Minute).UTC(), DueAt: due.UTC(), Reason: "503", Error: "the destination answered 503",
		Exchange: &egress.Exchange{}}
}

func TestCheckpoint(t *testing.T) {
	t.Parallel()
	c := newClock()
	s, ctx := newStoreAt(t, c), t.Context()
	_, dst := shop(t, s)
	first, second := parked(dst.ID, 9, c.now()), parked(dst.ID, 4, c.now())
	later := parked(dst.ID, 5, c.now().Add(time.Hour))
	check(t, s.Checkpoint(ctx, deliver.Checkpoint{Destination: dst.ID,
		Cursors: map[int]deliver.Cursor{0: {Seq: 10, Index: 3}, 2: {Seq: 1}},
		Park:    []deliver.Parked{first, second, later},
		Counts:  []secant.Count{{Minute: 1, Source: "shop-web", Destination: dst.ID, Outcome: secant.OutcomeRetried, N: 3}},
	}))
	due := must(s.DueParked(ctx, dst.ID, c.now(), 10))(t)
	if diff := cmp.Diff([]deliver.Parked{second, first}, due); diff != "" {
		t.Error(diff)
	}
	n, at, err := s.CountParked(ctx, dst.ID)
	check(t, err)
	if n != 3 || !at.Equal(c.now()) {
		t.Errorf("%d parked, the first due %v", n, at)
	}
	if n, at, err := s.CountParked(ctx, "nobody"); n != 0 || !at.IsZero() || err != nil {
		t.Errorf("nobody has %d parked, due %v, %v", n, at, err)
	}

	first.Attempts, first.DueAt = 4, c.now().Add(2*time.Hour).UTC()
	dead := deliver.DeadLetter{Parked: second, FailedAt: c.now().UTC()}
	check(t, s.Checkpoint(ctx, deliver.Checkpoint{Destination: dst.ID,
		Cursors: map[int]deliver.Cursor{0: {Seq: 11}},
		Unpark:  []string{second.ID, "0-77-0"}, Park: []deliver.Parked{first}, Dead: []deliver.DeadLetter{dead},
	}))
	want := map[string]map[int]deliver.Cursor{dst.ID: {0: {Seq: 11}, 2: {Seq: 1}}}
	if diff := cmp.Diff(want, must(s.LoadCursors(ctx))(t)); diff != "" {
		t.Error(diff)
	}
	due = must(s.DueParked(ctx, dst.ID, c.now().Add(3*time.Hour), 10))(t)
	if diff := cmp.Diff([]deliver.Parked{later, first}, due); diff != "" {
		t.Error(diff)
	}
	dead.DueAt = time.Time{}
	if diff := cmp.Diff(dead, must(s.DeadLetter(ctx, dst.ID, dead.ID))(t)); diff != "" {
		t.Error(diff)
	}

	check(t, s.Checkpoint(ctx, deliver.Checkpoint{Destination: dst.ID, DropCursors: true, Cursors: map[int]deliver.Cursor{1: {Seq: 5}}}))
	want = map[string]map[int]deliver.Cursor{dst.ID: {1: {Seq: 5}}}
	if diff := cmp.Diff(want, must(s.LoadCursors(ctx))(t)); diff != "" {
		t.Error(diff)
	}

	check(t, s.DeleteDestination(ctx, owner, dst.ID, 0))
	check(t, s.Checkpoint(ctx, deliver.Checkpoint{Destination: dst.ID, Cursors: map[int]deliver.Cursor{0: {Seq: 12}}, Park: []deliver.Parked{first}}))
	if got := must(s.LoadCursors(ctx))(t); len(got) != 0 {
		t.Errorf("a deleted destination has cursors %v", got)
	}
	if got := must(s.CountAllParked(ctx))(t); len(got) != 0 {
		t.Errorf("a deleted destination has parked deliveries %v", got)
	}
}

// The upkeep forgets what is too old, then the oldest of what is too many, of
// each destination by itself, and says so once.
func TestOldDeadLettersAreForgotten(t *testing.T) {
	t.Parallel()
	c := newClock()
	var logged bytes.Buffer
	o := optionsIn(t.TempDir())
	o.Now, o.DeadLetters, o.Logger = c.now, 1200, slog.New(slog.NewTextHandler(&logged, nil))
	s, ctx := mustOpen(t, o), t.Context()
	src, busy := shop(t, s)
	quiet := must(s.CreateDestination(ctx, owner, secant.Destination{ID: "quiet", Name: "Quiet", Source: src.ID, Type: "webhook",
		Settings: map[string]any{"url": "https://example.com"}}))(t)
	bury := func(dest string, from, n int) {
		t.Helper()
		var dead []deliver.DeadLetter
		for i := range n { // two share a time, so that the id decides
			p := parked(dest, uint64(from+i), c.now())
			p.ID = fmt.Sprintf("%06d", from+i)
			dead = append(dead, deliver.DeadLetter{Parked: p, FailedAt: c.now().Add(time.Duration(i/2) * time.Millisecond)})
		}
		check(t, s.Checkpoint(ctx, deliver.Checkpoint{Destination: dest, Dead: dead}))
	}
	forgets := func(want, wantCount map[string]int, lines int) {
		t.Helper()
		logged.Reset()
		check(t, s.forget(ctx))
		if diff := cmp.Diff(want, must(s.CountDeadLetters(ctx))(t)); diff != "" {
			t.Errorf("left are %s", diff)
		}
		got := map[string]int{}
		for id, n := range s.ForgottenDeadLetters() {
			got[id] = int(n)
		}
		if diff := cmp.Diff(wantCount, got); diff != "" {
			t.Errorf("counted are %s", diff)
		}
		if n := strings.Count(logged.String(), "dead letters were forgotten"); n != lines {
			t.Errorf("%d lines, want %d: %s", n, lines, logged.String())
		}
	}
	bury(busy.ID, 0, 1200)
	bury(quiet.ID, 0, 3)
	forgets(map[string]int{busy.ID: 1200, quiet.ID: 3}, map[string]int{}, 0)

	c.advance(time.Hour)
	bury(busy.ID, 1200, 1101) // more than one transaction's worth too many
	forgets(map[string]int{busy.ID: 1200, quiet.ID: 3}, map[string]int{busy.ID: 1101}, 1)
	if !strings.Contains(logged.String(), "destination="+busy.ID+" too_old=0 too_many=1101") {
		t.Errorf("the log says %s", logged.String())
	}
	_, err := s.DeadLetter(ctx, busy.ID, "001100")
	wantErr(t, err, secant.ErrNotFound)
	must(s.DeadLetter(ctx, busy.ID, "001101"))(t)

	c.advance(30*24*time.Hour - time.Minute) // the first hour's are too old, the second's not
	forgets(map[string]int{busy.ID: 1101}, map[string]int{busy.ID: 1200, quiet.ID: 3}, 2)
	if !strings.Contains(logged.String(), "destination=quiet too_old=3 too_many=0") {
		t.Errorf("the log says %s", logged.String())
	}
	c.advance(time.Hour)
	forgets(map[string]int{}, map[string]int{busy.ID: 2301, quiet.ID: 3}, 1)
}

func TestDeadLetters(t *testing.T) {
	t.Parallel()
	c := newClock()
	s, ctx := newStoreAt(t, c), t.Context()
	_, dst := shop(t, s)
	var dead []deliver.DeadLetter
	for i := range 2100 { // more than fit into one statement
		dead = append(dead, deliver.DeadLetter{Parked: parked(dst.ID, uint64(i), c.now()), FailedAt: c.now().Add(time.Duration(i/2) * time.Second)})
	}
	check(t, s.Checkpoint(ctx, deliver.Checkpoint{Destination: dst.ID, Dead: dead}))
	if got := must(s.CountDeadLetters(ctx))(t); got[dst.ID] != 2100 {
		t.Fatalf("got %v", got)
	}
	seen := map[string]bool{}
	p := Page{Limit: 999}
	for {
		l := must(s.ListDeadLetters(ctx, dst.ID, p))(t)
		for _, d := range l.Items {
			seen[d.ID] = true
		}
		if p.Cursor = l.Next; p.Cursor == "" {
			break
		}
	}
	if len(seen) != 2100 {
		t.Errorf("pages gave %d", len(seen))
	}
	_, err := s.DeadLetter(ctx, dst.ID, "0-99999-0")
	wantErr(t, err, secant.ErrNotFound)

	if n := must(s.ResendDead(ctx, dst.ID, []string{"0-3-0", "0-4-0", "no such"}, c.now()))(t); n != 2 {
		t.Errorf("%d were sent again", n)
	}
	back := must(s.DueParked(ctx, dst.ID, c.now(), 10))(t)
	if len(back) != 2 || back[0].ID != "0-3-0" || back[0].Attempts != 0 || !back[0].FirstAt.IsZero() || string(back[0].JSON) != `{"a":1}` {
		t.Errorf("parked are %+v", back)
	}
	if n := must(s.DeleteDeadLetters(ctx, owner, dst.ID, []string{"0-5-0"}))(t); n != 1 {
		t.Errorf("%d were deleted", n)
	}
	if l := must(s.ListAudit(ctx, AuditFilter{Action: "dead_letters."}, Page{}))(t); l.Total != 1 || l.Items[0].Target != dst.ID {
		t.Errorf("audit has %+v", l)
	}
	var ids []string
	for i := range 2050 {
		ids = append(ids, fmt.Sprintf("0-%d-0", i))
	}
	if n := must(s.ResendDead(ctx, dst.ID, ids, c.now()))(t); n != 2047 {
		t.Errorf("%d were sent again", n)
	}
	if n := must(s.ResendDead(ctx, "other", nil, c.now()))(t); n != 0 {
		t.Errorf("%d of another destination were sent again", n)
	}
	if n := must(s.ResendDead(ctx, dst.ID, nil, c.now()))(t); n != 50 {
		t.Errorf("%d were sent again", n)
	}
	check(t, s.ForgetDestination(ctx, dst.ID))
	if got := must(s.CountAllParked(ctx))(t); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}
