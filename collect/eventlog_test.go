package collect_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/secantdev/secant/collect"
	"github.com/secantdev/secant/eventlog"
)

// TestIntoTheLog collects from many connections at once into a real log, and
// reads back that each visitor's events are there once, in order.
func TestIntoTheLog(t *testing.T) {
	t.Parallel()
	log, err := eventlog.Open(eventlog.Options{Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	b := start(t, func(o *collect.Options) { o.Log = log })
	const visitors, each = 8, 20
	var group sync.WaitGroup
	for v := range visitors {
		group.Go(func() {
			for i := range each / 2 {
				item := func(n int) string {
					return fmt.Sprintf(`{"type":"track","anonymousId":"v%d","event":"E%d","messageId":"v%d-%d"}`, v, n, v, n)
				}
				body := `{"batch":[` + item(2*i) + `,` + item(2*i+1) + `],"writeKey":"wk_web"}`
				if a := b.send(t, "POST", "/v1/b", body); a.status != 200 {
					t.Errorf("%d %s", a.status, a.body)
				}
			}
		})
	}
	group.Wait()
	next := map[string]int{}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for p := range log.Partitions() {
		first, end := log.Bounds(p)
		reader := log.Read(p, first)
		for seq := first; seq < end; seq++ {
			chunk, err := reader.Next(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range chunk.Records() {
				visitor, _ := decode(t, *r)["anonymousId"].(string)
				if want := fmt.Sprintf("%s-%d", visitor, next[visitor]); string(r.MessageID) != want || r.Source != "web" || int(r.Lane)%log.Partitions() != p {
					t.Errorf("partition %d: %s from %s in lane %d, want %s", p, r.MessageID, r.Source, r.Lane, want)
				}
				next[visitor]++
			}
			if err := chunk.Err(); err != nil {
				t.Error(err)
			}
		}
		if err := reader.Close(); err != nil {
			t.Error(err)
		}
	}
	for v := range visitors {
		if n := next[fmt.Sprintf("v%d", v)]; n != each {
			t.Errorf("visitor %d has %d events, want %d", v, n, each)
		}
	}
}
