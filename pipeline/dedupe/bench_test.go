package dedupe

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkCheck looks up and remembers new events in chunks of 100, in an
// index that already holds some in each of its buckets.
func BenchmarkCheck(b *testing.B) {
	const chunk = 100
	c := &clock{t: start}
	x := mustOpen(b, Options{Now: c.now})
	evs := make([]Event, chunk)
	seq, id := uint64(0), 0
	next := func() {
		seq++
		for i := range evs {
			id++
			evs[i] = Event{
				Source: "shop-web", MessageID: fmt.Appendf(evs[i].MessageID[:0], "ajs-next-1772366400000-%032x", id),
				ReceivedAt: c.now().UnixMilli(), Seq: seq, Index: i,
			}
		}
	}
	for range 5 {
		for range 500 {
			next()
			check(b, x, 0, seq, evs)
		}
		if err := x.db.Flush(); err != nil {
			b.Fatal(err)
		}
		c.advance(7 * 24 * time.Hour)
	}
	c.advance(-5 * 24 * time.Hour)
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; n += chunk {
		next()
		if err := x.Check(b.Context(), 0, seq, evs); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	b.ReportMetric(float64(x.Stats().DiskBytes)/float64(id), "disk-B/event")
	b.ReportMetric(float64(len(x.buckets)), "buckets")
}
