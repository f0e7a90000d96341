// Package eventlogtest is the conformance suite every eventlog.Engine passes.
//
// An engine's own test calls Run with a function that opens the engine on a
// directory with four partitions; opening the same directory again after Close
// must find what was appended. An engine that keeps its data elsewhere takes
// the directory's name as the log's name.
package eventlogtest

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/eventlog"
)

// Partitions is how many partitions the engines under test have.
const Partitions = 4

// Run runs the suite. open is called with a fresh directory or with one that
// was used before and closed; it fails the test by itself.
func Run(t *testing.T, open func(t testing.TB, dir string) eventlog.Engine) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, s *suite)
	}{
		{"EmptyLog", emptyLog},
		{"AppendAndRead", appendAndRead},
		{"OneCommitManyPartitions", oneCommitManyPartitions},
		{"FieldsSurvive", fieldsSurvive},
		{"ReadFromTheMiddle", readFromTheMiddle},
		{"TailSeesNewChunks", tailSeesNewChunks},
		{"Reopen", reopen},
		{"LargeChunks", largeChunks},
		{"RefusesWrongEntries", refusesWrongEntries},
		{"TrimKeepsWhatIsNeeded", trimKeepsWhatIsNeeded},
		{"Concurrency", concurrency},
		{"CloseTwice", closeTwice},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(t, &suite{t: t, dir: t.TempDir(), open: open})
		})
	}
}

type suite struct {
	t    *testing.T
	dir  string
	open func(t testing.TB, dir string) eventlog.Engine
}

// start opens the engine; the returned function closes it and may be called
// early.
func (s *suite) start() (e eventlog.Engine, stop func()) {
	s.t.Helper()
	e = s.open(s.t, s.dir)
	if n := e.Partitions(); n != Partitions {
		s.t.Fatalf("Partitions() = %d, want %d", n, Partitions)
	}
	var once sync.Once
	stop = func() {
		once.Do(func() {
			if err := e.Close(); err != nil {
				s.t.Errorf("Close: %v", err)
			}
		})
	}
	s.t.Cleanup(stop)
	return e, stop
}

func entry(partition int, payload string) eventlog.Entry {
	return eventlog.Entry{Partition: partition, Count: 1, First: 1700000000000, Last: 1700000000001, Payload: []byte(payload)}
}

func mustAppend(t testing.TB, e eventlog.Engine, entries ...eventlog.Entry) []eventlog.Entry {
	t.Helper()
	if err := e.Append(entries); err != nil {
		t.Fatalf("Append: %v", err)
	}
	return entries
}

// readAll returns the payloads from a number on and checks that they are dense.
func readAll(t testing.TB, e eventlog.Engine, partition int, from uint64) []string {
	t.Helper()
	c := e.Read(partition, from)
	var all []string
	var n eventlog.Entry
	for {
		before := c.Seq()
		ok, err := c.Next(&n)
		if err != nil {
			t.Fatalf("Next: %v", err)
		}
		if !ok {
			break
		}
		if n.Partition != partition || n.Skipped != 0 || n.Seq != before+n.Missed || c.Seq() != n.Seq+1 {
			t.Fatalf("read %+v at %d in partition %d; the cursor says %d", n, before, partition, c.Seq())
		}
		all = append(all, string(n.Payload))
	}
	if err := c.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	return all
}

func equal(t testing.TB, what string, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: got %.200v, want %.200v", what, got, want)
	}
}

func emptyLog(t *testing.T, s *suite) {
	e, _ := s.start()
	for p := range Partitions {
		first, next := e.Bounds(p)
		equal(t, "bounds", []uint64{first, next}, []uint64{1, 1})
		equal(t, "last origin", e.LastOrigin(p), 0)
		equal(t, "contents", readAll(t, e, p, 0), []string{})
	}
	if err := e.Append(nil); err != nil {
		t.Errorf("Append of nothing: %v", err)
	}
	if err := e.Health(); err != nil {
		t.Errorf("Health: %v", err)
	}
}

func appendAndRead(t *testing.T, s *suite) {
	e, _ := s.start()
	var want []string
	for i := range 50 {
		payload := fmt.Sprintf("chunk %d", i)
		got := mustAppend(t, e, entry(1, payload))
		equal(t, "number", got[0].Seq, i+1)
		want = append(want, payload)
	}
	equal(t, "contents", readAll(t, e, 1, 0), want)
	equal(t, "another partition", readAll(t, e, 0, 0), []string{})
	first, next := e.Bounds(1)
	equal(t, "bounds", []uint64{first, next}, []uint64{1, 51})
	equal(t, "chunks", e.Stats().Chunks, 50)
}

func oneCommitManyPartitions(t *testing.T, s *suite) {
	e, _ := s.start()
	got := mustAppend(t, e, entry(0, "a"), entry(3, "b"), entry(0, "c"), entry(1, "d"), entry(0, "e"))
	var seqs []uint64
	for _, n := range got {
		seqs = append(seqs, n.Seq)
	}
	equal(t, "numbers", seqs, []uint64{1, 1, 2, 1, 3})
	equal(t, "partition 0", readAll(t, e, 0, 0), []string{"a", "c", "e"})
	equal(t, "partition 1", readAll(t, e, 1, 0), []string{"d"})
	equal(t, "partition 2", readAll(t, e, 2, 0), []string{})
	equal(t, "partition 3", readAll(t, e, 3, 0), []string{"b"})
	equal(t, "commits", e.Stats().Commits, 1)
}

func fieldsSurvive(t *testing.T, s *suite) {
	e, stop := s.start()
	want := eventlog.Entry{Partition: 2, Origin: 1 << 60, Count: 77, First: 1700000000000, Last: 1700000060000, Payload: []byte{0, 1, 255}}
	mustAppend(t, e, want, eventlog.Entry{Partition: 2, Origin: 9}) // an empty payload too
	stop()
	e, _ = s.start()
	equal(t, "last origin", e.LastOrigin(2), 9)
	c := e.Read(2, 1)
	defer c.Close()
	var got eventlog.Entry
	if ok, err := c.Next(&got); !ok || err != nil {
		t.Fatalf("Next = %v, %v", ok, err)
	}
	want.Seq = 1
	equal(t, "entry", got, want)
	if ok, err := c.Next(&got); !ok || err != nil || len(got.Payload) != 0 || got.Origin != 9 {
		t.Errorf("Next = %v, %v: %+v", ok, err, got)
	}
}

func readFromTheMiddle(t *testing.T, s *suite) {
	e, stop := s.start()
	var want []string
	for i := range 100 {
		payload := fmt.Sprintf("%03d", i)
		want = append(want, payload)
		mustAppend(t, e, entry(i%2, "noise"), entry(2, payload), entry(3, "noise"))
		if i == 60 {
			stop()
			e, stop = s.start()
		}
	}
	for _, from := range []int{0, 1, 2, 50, 61, 62, 63, 99, 100, 101} {
		equal(t, fmt.Sprintf("from %d", from), readAll(t, e, 2, uint64(from)), want[max(from, 1)-1:])
	}
}

func tailSeesNewChunks(t *testing.T, s *suite) {
	e, _ := s.start()
	c := e.Read(0, 1)
	defer c.Close()
	var n eventlog.Entry
	for i := range 20 {
		if ok, err := c.Next(&n); ok || err != nil {
			t.Fatalf("Next at the end = %v, %v", ok, err)
		}
		mustAppend(t, e, entry(1, "other"), entry(0, fmt.Sprint(i)))
		if ok, err := c.Next(&n); !ok || err != nil || string(n.Payload) != fmt.Sprint(i) {
			t.Fatalf("Next after append %d = %v, %v, %q", i, ok, err, n.Payload)
		}
	}
}

func reopen(t *testing.T, s *suite) {
	var want []string
	for round := range 5 {
		e, stop := s.start()
		equal(t, "contents", readAll(t, e, 0, 0), want)
		equal(t, "last origin", e.LastOrigin(0), round)
		payload := fmt.Sprintf("round %d", round)
		n := entry(0, payload)
		n.Origin = uint64(round + 1)
		mustAppend(t, e, n)
		want = append(want, payload)
		stop()
	}
}

func largeChunks(t *testing.T, s *suite) {
	e, stop := s.start()
	random := rand.New(rand.NewPCG(1, 2))
	var want []string
	for _, size := range []int{eventlog.MaxPayload, 1, eventlog.MaxPayload - 1, 63, 64, 65, 200_000} {
		b := make([]byte, size)
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		want = append(want, string(b))
		mustAppend(t, e, entry(0, "small"), eventlog.Entry{Partition: 1, Count: 1, Payload: b})
	}
	check := func() {
		t.Helper()
		got := readAll(t, e, 1, 0)
		if len(got) != len(want) {
			t.Fatalf("%d chunks, want %d", len(got), len(want))
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("chunk %d of %d bytes differs", i, len(want[i]))
			}
		}
	}
	check()
	stop()
	e, _ = s.start()
	check()
}

func refusesWrongEntries(t *testing.T, s *suite) {
	e, _ := s.start()
	for name, n := range map[string]eventlog.Entry{
		"too large":          {Partition: 0, Payload: bytes.Repeat([]byte{1}, eventlog.MaxPayload+1)},
		"no such partition":  {Partition: Partitions},
		"negative partition": {Partition: -1},
	} {
		if err := e.Append([]eventlog.Entry{entry(0, "good"), n}); !errors.Is(err, secant.ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", name, err)
		}
	}
	equal(t, "contents", readAll(t, e, 0, 0), []string{})
}

func trimKeepsWhatIsNeeded(t *testing.T, s *suite) {
	e, stop := s.start()
	var want []string
	for i := range 40 {
		want = append(want, fmt.Sprintf("%03d", i))
		n := entry(0, want[i])
		n.Origin = uint64(i + 1)
		mustAppend(t, e, n, entry(1, want[i]))
		if i == 20 {
			stop()
			e, stop = s.start()
		}
	}
	for p := range Partitions {
		if err := e.Trim(p, 31); err != nil {
			t.Fatalf("Trim: %v", err)
		}
	}
	check := func() {
		t.Helper()
		for p := range 2 {
			first, next := e.Bounds(p)
			if first > 31 || next != 41 {
				t.Errorf("bounds after Trim below 31: %d, %d", first, next)
			}
			equal(t, "what is needed", readAll(t, e, p, 31), want[30:])
			if got := readAll(t, e, p, 0); len(got) != int(next-first) {
				t.Errorf("%d chunks between %d and %d", len(got), first, next)
			}
		}
	}
	check()
	stop()
	e, stop = s.start()
	check()

	// Numbers and the last origin outlive their chunks.
	for p := range Partitions {
		if err := e.Trim(p, 1000); err != nil {
			t.Fatalf("Trim: %v", err)
		}
	}
	stop()
	e, _ = s.start()
	if _, next := e.Bounds(0); next != 41 {
		t.Errorf("next after everything was trimmed: %d, want 41", next)
	}
	equal(t, "last origin", e.LastOrigin(0), 40)
	got := mustAppend(t, e, entry(0, "after"))
	equal(t, "number after everything was trimmed", got[0].Seq, 41)
	equal(t, "contents", readAll(t, e, 0, 41), []string{"after"})
}

func concurrency(t *testing.T, s *suite) {
	e, stop := s.start()
	const writers, each = 8, 50
	var readers, appenders sync.WaitGroup
	for p := range Partitions {
		readers.Go(func() { // follows the partition while it grows
			c := e.Read(p, 1)
			defer c.Close()
			var n eventlog.Entry
			for want := uint64(1); want <= 2*each*writers/Partitions; {
				ok, err := c.Next(&n)
				if err != nil {
					t.Errorf("Next: %v", err)
					return
				}
				if ok && n.Seq != want {
					t.Errorf("partition %d: got chunk %d, want %d", p, n.Seq, want)
					return
				}
				if ok {
					want++
				} else {
					time.Sleep(100 * time.Microsecond) // leave the processor to the writers
				}
			}
		})
	}
	for w := range writers {
		appenders.Go(func() {
			for i := range each {
				entries := []eventlog.Entry{entry(w%Partitions, fmt.Sprint(w, i)), entry((w+1)%Partitions, fmt.Sprint(w, i))}
				if err := e.Append(entries); err != nil {
					t.Errorf("Append: %v", err)
				}
			}
		})
	}
	appenders.Wait()
	readers.Wait()
	before := make([][]string, Partitions)
	for p := range before {
		before[p] = readAll(t, e, p, 0)
		equal(t, "chunks", len(before[p]), 2*each*writers/Partitions)
	}
	stop()
	e, _ = s.start()
	for p := range before {
		equal(t, "after reopening", readAll(t, e, p, 0), before[p])
	}
}

func closeTwice(t *testing.T, s *suite) {
	e, stop := s.start()
	mustAppend(t, e, entry(0, "x"))
	stop()
	if err := e.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	if err := e.Append([]eventlog.Entry{entry(0, "y")}); !errors.Is(err, eventlog.ErrClosed) {
		t.Errorf("Append after Close: %v, want ErrClosed", err)
	}
}
