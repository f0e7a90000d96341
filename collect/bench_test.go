package collect_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	secant "github.com/secantdev/secant"
	"github.com/secantdev/secant/collect"
)

// nowhere is a log that is always done.
type nowhere struct{}

func (nowhere) Append(context.Context, []secant.Record) error { return nil }

// sink is an http.ResponseWriter that keeps nothing.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header             { return s.header }
func (s *sink) Write(b []byte) (int, error)     { return len(b), nil }
func (s *sink) WriteHeader(int)                 {}
func (s *sink) SetReadDeadline(time.Time) error { return nil }

// rewinding is a body that is read again and again.
type rewinding struct{ bytes.Reader }

func (*rewinding) Close() error { return nil }

// BenchmarkCollect measures one request without network and log, beside a
// handler that only reads the body.
func BenchmarkCollect(b *testing.B) {
	text, err := os.ReadFile("testdata/golden/analyticsjs.txtar")
	if err != nil {
		b.Fatal(err)
	}
	_, text, _ = bytes.Cut(text, []byte("\n\n"))
	one, _, _ := bytes.Cut(text, []byte("\n"))
	one = []byte(strings.Replace(string(one), `"properties":{`, `"properties":{"products":[{"product_id":"507f1f77bcf86cd799439011","sku":"45790-32","name":"Monopoly: 3rd Edition","price":19,"quantity":1,"category":"Games"}],`, 1))
	batch := []byte(`{"writeKey":"wk_web","sentAt":"2026-08-01T10:00:00.500Z","batch":[` + strings.Repeat(string(one)+",", 99) + string(one) + `]}`)
	c, err := collect.New(collect.Options{
		Log: nowhere{}, Observer: &refusals{},
		Workspace: fixed{secant.NewWorkspace([]*secant.Source{{ID: "web", Type: "javascript", WriteKeys: []string{"WK", "wk_web"}}}, nil)},
	})
	if err != nil {
		b.Fatal(err)
	}
	bare := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = w.Write([]byte(success))
	})
	for _, bench := range []struct {
		name, path string
		handler    http.Handler
		body       []byte
		events     int
	}{
		{"single", "/v1/t", serve(c), one, 1},
		{"batch100", "/v1/b", serve(c), batch, 100},
		{"bare", "/v1/t", bare, one, 1},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(bench.body)))
			req, err := http.NewRequest("POST", bench.path, nil)
			if err != nil {
				b.Fatal(err)
			}
			req.RemoteAddr, req.ContentLength = "127.0.0.1:1234", int64(len(bench.body))
			req.Header.Set("Authorization", "Basic V0s6")
			req.Header.Set("Origin", "https://shop.example")
			req.Header.Set("User-Agent", "Mozilla/5.0")
			w, body := &sink{http.Header{}}, &rewinding{}
			for b.Loop() {
				body.Reset(bench.body)
				req.Body = body
				clear(w.header)
				bench.handler.ServeHTTP(w, req)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*bench.events), "ns/event")
		})
	}
}
