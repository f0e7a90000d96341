package pipeline_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/secantdev/secant"
)

// BenchmarkPipeline takes events from the raw log on disk to the clean log on
// disk, with the index, the counters and the debugger at work: chunks of 100
// events of about 600 bytes, one in a hundred a duplicate.
func BenchmarkPipeline(b *testing.B) {
	r := openRig(b, b.TempDir(), options{})
	defer r.close()
	const chunk = 100
	recs := make([]secant.Record, chunk)
	appended := 0
	for appended < b.N {
		for i := range recs {
			id := fmt.Sprintf("ajs-next-1772366400000-%032x", appended-appended%100/99)
			json := fmt.Appendf(nil, `{"messageId":"%s","type":"track","event":"Product %d viewed","anonymousId":"%032x","userId":null,`+
				`"context":{"page":{"path":"/products/%d","referrer":"","search":"","title":"Product %d","url":"https://shop.example/products/%d"},`+
				`"userAgent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36","locale":"en-GB",`+
				`"library":{"name":"analytics.js","version":"npm:next-1.84.0"},"timezone":"Europe/Berlin"},"properties":{"price":%d.99,"currency":"EUR"},"integrations":{}}`,
				id, appended%40, appended/20, appended%40, appended%40, appended%40, appended%90)
			recs[i] = secant.Record{
				Source: "web", Type: secant.TypeTrack, ReceivedAt: time.Now().UnixMilli(), Lane: uint32(appended / 20 * 2654435761), JSON: json,
				MessageID: json[14 : 14+len(id)], Name: json[14+len(id)+len(`","type":"track","event":"`):][:len("Product 0 viewed")],
			}
			appended++
		}
		r.append(recs...)
	}
	b.ReportAllocs()
	b.ResetTimer()
	r.run()
	r.settle()
	b.StopTimer()
	r.stop()
	b.ReportMetric(float64(appended)/b.Elapsed().Seconds(), "events/s")
}
