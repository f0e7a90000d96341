package e2e

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/secantdev/secant/internal/testkit"
)

// checkpoint is how often the delivery writes down where it is: what was
// delivered since then is delivered again after a crash, and no more.
const checkpoint = time.Second

// TestCrash kills the server at random moments under load. Whatever was
// answered 200 must arrive; what was delivered twice must fit between two
// checkpoints; the counters must be exact in spite of it all.
func TestCrash(t *testing.T) {
	t.Parallel()
	sink := testkit.NewSink(t)
	s := testkit.Start(t, testkit.Options{Config: one(sink.URL("/hook"))})
	w := startWriters(t, s, "crash", easy)
	const kills = 20
	for range kills {
		time.Sleep(time.Duration(rand.IntN(1500)) * time.Millisecond)
		s.Kill()
		if rand.IntN(4) == 0 { // also while it starts
			s.Launch()
			time.Sleep(time.Duration(rand.IntN(150)) * time.Millisecond)
			s.Kill()
		}
		s.Start()
	}
	time.Sleep(300 * time.Millisecond)
	w.finish()
	o := w.check(t, s, sink, 90*time.Second)
	// Each crash, those during the start included, repeats at most what was
	// delivered since the last checkpoint; a loaded machine may be late with it
	// by as much again.
	bound := 2 * int(checkpoint/time.Second) * sink.Busiest() * kills
	if o.Repeats > bound {
		t.Errorf("%d deliveries were repeated, more than %d: the checkpoints do not hold", o.Repeats, bound)
	}
	checkCounters(t, s, o)
}

// TestCrashWhileSinkIsDown is TestCrash with a webhook that is refusing
// connections, failing, throttling, hanging and cutting answers short in turns.
func TestCrashWhileSinkIsDown(t *testing.T) {
	t.Parallel()
	sink := testkit.NewSink(t)
	s := testkit.Start(t, testkit.Options{Config: one(sink.URL("/hook"))})
	w := startWriters(t, s, "down", pace{singles: 2, batches: 1, pause: 20 * time.Millisecond, size: 10})
	for i := range 8 {
		switch i {
		case 1:
			sink.Down()
		case 3:
			sink.Set(testkit.Fail)
			sink.Up()
		case 4:
			sink.Set(testkit.Throttle)
		case 5:
			sink.Set(testkit.Cut)
		case 6:
			sink.Set(testkit.Hang)
		}
		time.Sleep(time.Duration(200+rand.IntN(600)) * time.Millisecond)
		s.Kill()
		s.Start()
	}
	sink.Set(testkit.OK)
	time.Sleep(300 * time.Millisecond)
	w.finish()
	o := w.check(t, s, sink, 150*time.Second)
	checkCounters(t, s, o)
}

// checkCounters compares the counters with what the sink knows. What passed is
// exact, whatever crashed; a delivery that a crash made necessary again is one
// more delivery, so that counter may have grown with the repeats.
func checkCounters(t *testing.T, s *testkit.Server, o outcome) {
	t.Helper()
	testkit.WaitFor(t, 10*time.Second, "counters to be written", func() (bool, string) {
		passed, _, delivered, _ := counted(t, s)
		return passed == int64(o.Delivered) && delivered >= passed, fmt.Sprintf("passed %d, delivered %d, arrived %d", passed, delivered, o.Delivered)
	})
	passed, duplicates, delivered, failed := counted(t, s)
	t.Logf("counters: passed %d, duplicates %d, delivered %d, failed %d", passed, duplicates, delivered, failed)
	if delivered > int64(o.Delivered+o.Repeats) || failed != 0 {
		t.Errorf("counters say passed %d, delivered %d, failed %d; %d events arrived", passed, delivered, failed, o.Delivered)
	}
}
