package store

import (
	"fmt"
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
