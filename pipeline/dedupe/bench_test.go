package dedupe

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkCheck looks up and remembers new events, so many at once, in an index
// that already holds some in each of its buckets.
func BenchmarkCheck(b *testing.B) {
	for _, chunk := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint(chunk), func(b *testing.B) { benchmarkCheck(b, chunk) })
	}
}

func benchmarkCheck(b *testing.B, chunk int) {
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
	for range 3 {
		for range 100_000 / chunk {
			next()
			check(b, x, 0, seq, evs)
		}
		if err := x.db.Flush(); err != nil {
			b.Fatal(err)
		}
		c.advance(15 * 24 * time.Hour)
	}
	c.advance(-14 * 24 * time.Hour)
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
