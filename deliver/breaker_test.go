package deliver

import (
	"testing"
	"time"
)

func TestBreaker(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	var b breaker
	for i := range failuresInRow - 1 {
		if b.fail(now, false, 0) {
			t.Fatalf("opened after %d failures", i+1)
		}
	}
	b.succeed(now)
	for range failuresInRow - 1 {
		b.fail(now, false, 0)
	}
	if !b.fail(now, false, 0) || !b.open {
		t.Fatal("still closed")
	}
	b.fail(now, false, 0) // begun before it opened
	if ok, _, until := b.allow(now); ok || until != b.probeAt {
		t.Fatal("open, but allows")
	}
	interval := firstProbe
	for range 10 {
		now = b.probeAt
		ok, probe, _ := b.allow(now)
		if !ok || !probe {
			t.Fatal("no probe when it is due")
		}
		b.begin(true)
		if ok, _, until := b.allow(now); ok || !until.IsZero() {
			t.Fatal("a second probe beside the first")
		}
		b.fail(now, true, 0)
		interval = min(interval*2, maxProbe)
		if wait := b.probeAt.Sub(now); wait < interval*3/4 || wait > interval*5/4 {
			t.Errorf("next probe after %v, want about %v", wait, interval)
		}
	}
	b.begin(true)
	b.succeed(now)
	if ok, probe, _ := b.allow(now); !ok || probe || b.open {
		t.Error("still open after a success")
	}
}

func TestBreakerOpensForARate(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	var b breaker
	opened := 0
	for i := 0; i < 200 && !b.open; i++ {
		if i%9 == 8 {
			b.succeed(now)
		} else {
			b.fail(now, false, 0)
		}
		opened = i
	}
	if !b.open || opened < historyLen-1 {
		t.Errorf("open %v after %d attempts of which eight in nine failed", b.open, opened+1)
	}
	b = breaker{}
	for i := range 1000 {
		if i%3 == 0 {
			b.succeed(now)
		} else if b.fail(now, false, 0) {
			t.Fatal("opened though a third succeeds")
		}
	}
}

func TestBreakerHeedsRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	for asked, want := range map[time.Duration]time.Duration{30 * time.Second: 30 * time.Second, 3 * time.Hour: maxAsked} {
		var b breaker
		for range askedInRow - 1 {
			b.fail(now, false, asked)
		}
		if b.open || !b.fail(now, false, asked) || b.probeAt.Sub(now) != want {
			t.Errorf("asked for %v, probes after %v", asked, b.probeAt.Sub(now))
		}
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	for attempts, mean := range map[int]time.Duration{0: time.Second, 1: time.Second, 2: 2 * time.Second, 5: 16 * time.Second, 11: 10 * time.Minute, 1 << 40: 10 * time.Minute} {
		for range 100 {
			if d := backoff(attempts); d < mean/2 || d >= mean*3/2 {
				t.Fatalf("after %d attempts: %v", attempts, d)
			}
		}
	}
	first := time.Unix(1_700_000_000, 0)
	if due, ok := nextAttempt(first.Add(time.Minute), first, 1, time.Hour); !ok || due != first.Add(61*time.Minute) {
		t.Errorf("Retry-After of an hour: %v", due.Sub(first))
	}
	if due, ok := nextAttempt(first.Add(3*time.Hour+59*time.Minute+59*time.Second), first, 30, time.Hour); !ok || due != first.Add(retryFor) {
		t.Errorf("the last attempt comes after %v", due.Sub(first))
	}
	if _, ok := nextAttempt(first.Add(retryFor), first, 30, 0); ok {
		t.Error("goes on after four hours")
	}
}

func TestLatency(t *testing.T) {
	t.Parallel()
	var l latency
	now := time.Unix(1_700_000_000, 0)
	if l.quantile(now, 0.5) != 0 {
		t.Error("nothing has a quantile")
	}
	for i := range 1000 {
		l.add(now, time.Duration(i)*time.Millisecond)
	}
	l.add(now, -time.Hour)
	l.add(now, 100*time.Hour)
	for q, want := range map[float64]time.Duration{0.5: 500 * time.Millisecond, 0.95: 950 * time.Millisecond} {
		if got := l.quantile(now, q); got < want || got > want*5/4+time.Millisecond {
			t.Errorf("p%v is %v, want %v", 100*q, got, want)
		}
	}
	if l.quantile(now.Add(6*time.Minute), 0.5) != 0 {
		t.Error("old deliveries count")
	}
}

func TestLanesTakeTurnsAndKeepOrder(t *testing.T) {
	t.Parallel()
	var l lanes
	for i := range 4 {
		l.add(&job{lane: 1, attempts: i})
	}
	l.add(&job{lane: 2})
	batch, taken := l.take(1, nil, nil)
	if len(batch) != 1 || batch[0].lane != 1 {
		t.Fatal("the first lane is not first")
	}
	if more, _ := l.take(9, nil, nil); len(more) != 1 || more[0].lane != 2 {
		t.Fatal("a lane that is being sent was taken again")
	}
	l.hold(batch[0])
	l.give(taken)
	batch, _ = l.take(9, nil, nil)
	for i, j := range batch {
		if j.attempts != i {
			t.Fatal("order is lost")
		}
	}
}

func TestTrackMovesBeyondWhatIsSettled(t *testing.T) {
	t.Parallel()
	tr := track{read: Cursor{Seq: 9}}
	var jobs []*job
	for i := range 100 {
		j := &job{track: &tr}
		j.pos.Seq, j.pos.Index = 5, i
		jobs = append(jobs, j)
		tr.pending.push(j)
	}
	for i := 99; i > 0; i-- {
		tr.settle(jobs[i])
	}
	if c := tr.cursor(); c != (Cursor{Seq: 5}) || !tr.behind(jobs[0]) {
		t.Errorf("cursor %v", c)
	}
	tr.settle(jobs[0])
	if c := tr.cursor(); c != (Cursor{Seq: 9}) {
		t.Errorf("cursor %v", c)
	}
}
