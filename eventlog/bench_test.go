package eventlog

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/secantdev/secant"
)

// benchRecords returns n records of about 1.1 KB of JSON as SDKs send it:
// mostly the same, with ids, addresses and times of their own.
func benchRecords(n int) []secant.Record {
	random := rand.New(rand.NewPCG(7, 8))
	recs := make([]secant.Record, n)
	for i := range recs {
		id := fmt.Sprintf("ajs-next-%016x%016x", random.Uint64(), random.Uint64())
		json := fmt.Appendf(nil, `{"messageId":"%s","type":"track","event":"Product Added","anonymousId":"%016x-%016x","userId":"user-%d",`+
			`"timestamp":"2026-01-05T10:%02d:%02d.%03dZ","originalTimestamp":"2026-01-05T10:00:00.000Z","sentAt":"2026-01-05T10:00:01.000Z","receivedAt":"2026-01-05T10:00:01.120Z",`+
			`"context":{"ip":"203.0.113.%d","library":{"name":"analytics.js","version":"npm:next-1.81.0"},"locale":"en-GB","timezone":"Europe/Paris","userAgent":"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36",`+
			`"page":{"path":"/products/%d","referrer":"https://www.example.com/","search":"?utm_source=mail","title":"Product %d - Shop","url":"https://shop.example.com/products/%d?utm_source=mail"},`+
			`"campaign":{"source":"mail","medium":"newsletter","name":"spring"}},`+
			`"properties":{"product_id":"%x","sku":"SKU-%d","category":"Games","name":"Monopoly: 3rd Edition","brand":"Hasbro","variant":"200 pieces","price":%d.99,"quantity":%d,"coupon":"MAYDEALS","position":%d,"currency":"EUR"},`+
			`"integrations":{},"channel":"client","projectId":"shop-web","version":2}`,
			id, random.Uint64(), random.Uint64(), random.IntN(1e6), random.IntN(60), random.IntN(60), random.IntN(1000), random.IntN(256),
			100+random.IntN(40), random.IntN(1000), random.IntN(1000), random.IntN(1000), random.Uint64(), random.IntN(10000), random.IntN(100), random.IntN(5), random.IntN(20))
		at := len(`{"messageId":"`)
		recs[i] = secant.Record{Source: "shop-web", Type: secant.TypeTrack, ReceivedAt: time.Now().UnixMilli(), Lane: random.Uint32(), JSON: json, MessageID: json[at : at+len(id)]}
	}
	return recs
}

// BenchmarkAppend reports per call; events/s and commits/s beside it. It needs a
// disk to mean anything: set TMPDIR to one.
func BenchmarkAppend(b *testing.B) {
	recs := benchRecords(10_000)
	for _, c := range []struct{ clients, batch int }{{1, 1}, {16, 1}, {64, 1}, {256, 1}, {1, 100}, {16, 100}} {
		b.Run(fmt.Sprintf("clients=%d/batch=%d", c.clients, c.batch), func(b *testing.B) {
			l := mustOpen(b, Options{Dir: b.TempDir(), MaxBytes: 1 << 30, Logger: quiet()})
			b.SetBytes(int64(c.batch * len(recs[0].JSON)))
			b.ReportAllocs()
			b.ResetTimer()
			var wg sync.WaitGroup
			for g := range c.clients {
				wg.Go(func() {
					for i := g; i < b.N; i += c.clients {
						at := i * c.batch % (len(recs) - c.batch)
						if err := l.Append(context.Background(), recs[at:at+c.batch]); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			seconds := b.Elapsed().Seconds()
			s := l.Stats()
			b.ReportMetric(float64(s.Events)/seconds, "events/s")
			b.ReportMetric(float64(s.Commits)/seconds, "commits/s")
			b.ReportMetric(float64(s.Bytes)/float64(s.Events), "B/event")
		})
	}
}

// BenchmarkRead reports per event.
func BenchmarkRead(b *testing.B) {
	recs := benchRecords(10_000)
	l := mustOpen(b, Options{Dir: b.TempDir()})
	const batches = 200
	for i := range batches {
		if err := l.Append(context.Background(), recs[i%10*1000:i%10*1000+1000]); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(recs[0].JSON)))
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; {
		for p := range l.Partitions() {
			r := l.Read(p, 1)
			for {
				c, ok, err := r.TryNext()
				if err != nil {
					b.Fatal(err)
				}
				if !ok {
					break
				}
				for range c.Records() {
					n++
				}
			}
			r.Close()
		}
	}
}
