package dedupe

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// start is when the tests' events begin.
var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// clock is a settable one.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func mustOpen(t testing.TB, o Options) *Index {
	t.Helper()
	if o.Dir == "" {
		o.Dir = filepath.Join(t.TempDir(), "dedupe")
	}
	if o.Now == nil {
		c := &clock{t: start}
		o.Now = c.now
	}
	x, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return x
}

// events makes one event per id of chunk seq.
func events(source string, at time.Time, seq uint64, ids ...string) []Event {
	var evs []Event
	for i, id := range ids {
		evs = append(evs, Event{Source: source, MessageID: []byte(id), ReceivedAt: at.UnixMilli(), Seq: seq, Index: i})
	}
	return evs
}

// check returns, per event, "1" for the first copy and "d" for a duplicate.
func check(t testing.TB, x *Index, partition int, upTo uint64, evs []Event) string {
	t.Helper()
	if err := x.Check(t.Context(), partition, upTo, evs); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, ev := range evs {
		b.WriteString(map[bool]string{false: "1", true: "d"}[ev.Duplicate])
	}
	return b.String()
}

func want(t testing.TB, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	t.Run("FirstCopyWins", func(t *testing.T) {
		t.Parallel()
		x := mustOpen(t, Options{})
		want(t, check(t, x, 0, 1, events("web", start, 1, "a", "b")), "11")
		want(t, check(t, x, 0, 2, events("web", start, 2, "b", "c", "a")), "d1d")
		want(t, check(t, x, 0, 3, events("web", start, 3, "b", "c", "a")), "ddd")
	})
	t.Run("ReadAgainIsNoDuplicate", func(t *testing.T) {
		t.Parallel()
		x := mustOpen(t, Options{})
		want(t, check(t, x, 0, 1, events("web", start, 1, "a", "b")), "11")
		want(t, check(t, x, 0, 2, events("web", start, 2, "b", "c")), "d1")
		want(t, check(t, x, 0, 1, events("web", start, 1, "a", "b")), "11")
		want(t, check(t, x, 0, 2, events("web", start, 2, "b", "c")), "d1")
		if got := x.Watermark(0); got != 2 {
			t.Errorf("watermark went back to %d", got)
		}
	})
	t.Run("WithinOneCall", func(t *testing.T) {
		t.Parallel()
		x := mustOpen(t, Options{})
		evs := append(events("web", start, 1, "a", "b", "a", "a"), events("web", start, 2, "c", "b")...)
		want(t, check(t, x, 0, 2, evs), "11dd1d")
		want(t, check(t, x, 0, 2, evs), "11dd1d")
		want(t, check(t, x, 0, 3, events("web", start, 3, "a", "c")), "dd")
	})
	t.Run("SourcesApart", func(t *testing.T) {
		t.Parallel()
		x := mustOpen(t, Options{})
		want(t, check(t, x, 0, 1, events("web", start, 1, "a")), "1")
		want(t, check(t, x, 0, 2, events("app", start, 2, "a")), "1")
		want(t, check(t, x, 0, 3, events("web", start, 3, "a")), "d")
	})
	t.Run("AcrossPartitions", func(t *testing.T) {
		t.Parallel()
		x := mustOpen(t, Options{})
		want(t, check(t, x, 0, 7, events("web", start, 7, "a")), "1")
		want(t, check(t, x, 3, 1, events("web", start, 1, "a", "b")), "d1")
		want(t, check(t, x, 0, 7, events("web", start, 7, "a")), "1")
	})
	t.Run("WithoutID", func(t *testing.T) {
		t.Parallel()
		x := mustOpen(t, Options{})
		want(t, check(t, x, 0, 1, events("web", start, 1, "", "", "a")), "111")
		want(t, check(t, x, 0, 2, events("web", start, 2, "", "a")), "1d")
	})
	t.Run("HostileIDs", func(t *testing.T) {
		t.Parallel()
		x := mustOpen(t, Options{})
		ids := []string{
			"\x00", "\x00\x00", "a\x00b", "a", "\xff\xfe", `\u0000`, "mark", "secret", "bucket",
			strings.Repeat("x", 1<<20), strings.Repeat("x", 1<<20) + "y", " ", "a ", "A", "é", "e\u0301",
		}
		want(t, check(t, x, 0, 1, events("web", start, 1, ids...)), strings.Repeat("1", len(ids)))
		want(t, check(t, x, 0, 2, events("web", start, 2, ids...)), strings.Repeat("d", len(ids)))
		// The border between source and id cannot be moved.
		want(t, check(t, x, 0, 3, events("we", start, 3, "b\x00a", "ba")), "11")
	})
	t.Run("TimesOutOfRange", func(t *testing.T) {
		t.Parallel()
		x := mustOpen(t, Options{})
		for i, ms := range []int64{-1 << 62, -1, 0, 1, 1 << 62} {
			evs := events("web", start, uint64(i+1), fmt.Sprint("id", i), fmt.Sprint("id", i))
			evs[0].ReceivedAt, evs[1].ReceivedAt = ms, ms
			want(t, check(t, x, 0, uint64(i+1), evs), "1d")
		}
	})
	t.Run("NothingToAsk", func(t *testing.T) {
		t.Parallel()
		x := mustOpen(t, Options{})
		want(t, check(t, x, 2, 9, nil), "")
		if x.Watermark(2) != 9 || x.Watermark(1) != 0 {
			t.Errorf("watermarks %d %d, want 9 0", x.Watermark(2), x.Watermark(1))
		}
	})
}

// Two owners of partitions that ask at the same time must not both be told that
// theirs is the first.
func TestConcurrentCopies(t *testing.T) {
	t.Parallel()
	x := mustOpen(t, Options{})
	const partitions, rounds = 4, 50
	first := make([]int, rounds)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for p := range partitions {
		wg.Go(func() {
			for r := range rounds {
				evs := events("web", start, uint64(r+1), fmt.Sprint("id", r))
				if err := x.Check(t.Context(), p, uint64(r+1), evs); err != nil {
					t.Error(err)
					return
				}
				if !evs[0].Duplicate {
					mu.Lock()
					first[r]++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	for r, n := range first {
		if n != 1 {
			t.Errorf("id %d: %d copies were told to be the first", r, n)
		}
	}
}

func TestRestart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "dedupe")
	x := mustOpen(t, Options{Dir: dir})
	want(t, check(t, x, 1, 5, events("web", start, 5, "a", "b")), "11")
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if err := x.Check(t.Context(), 1, 6, nil); err == nil {
		t.Error("a closed index answered")
	}
	x = mustOpen(t, Options{Dir: dir})
	if got := x.Watermark(1); got != 5 {
		t.Errorf("watermark %d, want 5", got)
	}
	want(t, check(t, x, 1, 6, events("web", start, 6, "a", "c")), "d1")
	if st := x.Stats(); st.Checked != 2 || st.Duplicates != 1 || st.Resets != 0 || st.DiskBytes == 0 {
		t.Errorf("stats %+v", st)
	}
}

func TestHorizon(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	c := &clock{t: start}
	dir := filepath.Join(t.TempDir(), "dedupe")
	x := mustOpen(t, Options{Dir: dir, Now: c.now, Horizon: 8 * day})
	seq := uint64(0)
	ask := func(ids ...string) string {
		t.Helper()
		seq++
		return check(t, x, 0, seq, events("web", c.now(), seq, ids...))
	}
	want(t, ask("a"), "1")
	c.advance(8 * day)
	want(t, ask("a", "b"), "d1") // at least the horizon
	c.advance(4 * day)
	want(t, ask("a", "b"), "1d") // at most half of it longer
	c.advance(20 * day)
	want(t, ask("a", "b"), "11")
	if n := len(x.buckets); n != 1 {
		t.Errorf("%d buckets are left, want 1", n)
	}
	// Another horizon goes on with what is remembered.
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	x = mustOpen(t, Options{Dir: dir, Now: c.now, Horizon: 4 * day})
	c.advance(time.Hour)
	want(t, ask("a", "c"), "d1")
	c.advance(3 * day)
	want(t, ask("a", "c", "d"), "dd1")
	c.advance(9 * day)
	want(t, ask("a", "c", "d"), "111")
	// A clock that was put back finds what was seen since.
	c.advance(-time.Hour)
	want(t, ask("d", "e"), "d1")
	c.advance(-2 * day)
	want(t, ask("d", "e"), "dd")
	for i, b := range x.buckets {
		if b.start >= b.end || i > 0 && x.buckets[i-1].end > b.start {
			t.Errorf("buckets overlap: %v", x.buckets)
		}
	}
}

func TestHorizonTooShort(t *testing.T) {
	t.Parallel()
	_, err := Open(Options{Dir: t.TempDir(), Horizon: time.Second})
	if err == nil || !strings.Contains(err.Error(), "1m0s") {
		t.Errorf("error %v does not name the least", err)
	}
}

func TestInUse(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "dedupe")
	x := mustOpen(t, Options{Dir: dir})
	want(t, check(t, x, 0, 1, events("web", start, 1, "a")), "1")
	if _, err := Open(Options{Dir: dir}); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("second open: %v", err)
	}
	if st := x.Stats(); st.Resets != 0 {
		t.Error("the index in use was moved aside")
	}
	want(t, check(t, x, 0, 2, events("web", start, 2, "a")), "d")
}

// Hashes of two indexes do not match: who knows one cannot choose ids that
// collide in another.
func TestSecret(t *testing.T) {
	t.Parallel()
	hash := func(x *Index) [hashSize]byte {
		x.hash(events("web", start, 1, "a"))
		return x.scratch.hashes[0].hash
	}
	x, y := mustOpen(t, Options{}), mustOpen(t, Options{})
	first := hash(x)
	if first == hash(y) {
		t.Error("two indexes hash alike")
	}
	if first != hash(x) {
		t.Error("one index hashes differently")
	}
}

func TestReset(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "dedupe")
	c := &clock{t: start}
	var logged strings.Builder
	x := mustOpen(t, Options{Dir: dir, Now: c.now, Logger: slog.New(slog.NewTextHandler(&logged, nil))})
	for i := range 3 {
		want(t, check(t, x, 0, 1, events("web", start, 1, "a")), "1")
		c.advance(time.Second)
		x.fail(errors.New("bit rot"))
		if err := x.Health(); !errors.Is(err, ErrDamaged) {
			t.Errorf("health %v", err)
		}
		err := x.Check(t.Context(), 0, 2, events("web", start, 2, "a"))
		if !errors.Is(err, ErrDamaged) {
			t.Fatalf("a broken index answered: %v", err)
		}
		if err := x.Reset(err); err != nil {
			t.Fatal(err)
		}
		if x.Health() != nil || x.Watermark(0) != 0 || x.Stats().Resets != int64(i+1) {
			t.Errorf("after the reset: %v, watermark %d, %+v", x.Health(), x.Watermark(0), x.Stats())
		}
		want(t, check(t, x, 0, 2, events("web", start, 2, "a")), "1")
	}
	aside, err := filepath.Glob(dir + ".damaged-*")
	if err != nil || len(aside) != 1 || aside[0] != x.Stats().DamagedTo {
		t.Errorf("moved aside: %v %v, want only %s", aside, err, x.Stats().DamagedTo)
	}
	if !strings.Contains(logged.String(), "level=ERROR") || !strings.Contains(logged.String(), "bit rot") {
		t.Errorf("the log does not say it: %s", logged.String())
	}
}

// A flipped bit or a missing end anywhere in the files is either found, and the
// index begun anew, or does no harm. It never makes a new event a duplicate.
func TestDamagedFiles(t *testing.T) {
	t.Parallel()
	base := filepath.Join(t.TempDir(), "dedupe")
	x := mustOpen(t, Options{Dir: base})
	var ids []string
	for i := range 2000 {
		ids = append(ids, fmt.Sprint("id", i))
	}
	check(t, x, 0, 1, events("web", start, 1, ids...))
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(base)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	found := 0
	for _, e := range entries {
		for range 6 {
			dir := filepath.Join(t.TempDir(), "dedupe")
			if err := os.CopyFS(dir, os.DirFS(base)); err != nil {
				t.Fatal(err)
			}
			name := filepath.Join(dir, e.Name())
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if len(data) == 0 {
				break
			}
			at := rng.IntN(len(data))
			if rng.IntN(3) == 0 {
				data = data[:at]
			} else {
				data[at] ^= 1 << rng.IntN(8)
			}
			if err := os.WriteFile(name, data, 0o644); err != nil {
				t.Fatal(err)
			}
			c := &clock{t: start}
			x, err := Open(Options{Dir: dir, Now: c.now})
			if err != nil {
				t.Fatalf("%s damaged at %d: %v", e.Name(), at, err)
			}
			fresh := events("web", start, 2, "new1", "new2", "new3")
			old := events("web", start, 1, ids...)
			for _, evs := range [][]Event{fresh, old} {
				err = x.Check(context.Background(), 0, evs[0].Seq, evs)
				if errors.Is(err, ErrDamaged) {
					if err = x.Reset(err); err == nil {
						err = x.Check(context.Background(), 0, evs[0].Seq, evs)
					}
				}
				if err != nil {
					t.Fatalf("%s damaged at %d: %v", e.Name(), at, err)
				}
				for _, ev := range evs {
					if ev.Duplicate {
						t.Fatalf("%s damaged at %d: %s became a duplicate", e.Name(), at, ev.MessageID)
					}
				}
			}
			if x.Stats().Resets > 0 {
				found++
			}
			if err := x.Close(); err != nil {
				t.Fatalf("%s damaged at %d: %v", e.Name(), at, err)
			}
		}
	}
	if found == 0 {
		t.Error("no damage was ever found: the test does not test")
	}
}
