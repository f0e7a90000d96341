package live_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/live"
)

// drain takes what is there.
func drain(s *live.Subscription) (events []live.Event) {
	for {
		select {
		case ev, ok := <-s.Events():
			if !ok {
				return events
			}
			events = append(events, ev)
		default:
			return events
		}
	}
}

func TestSubscribe(t *testing.T) {
	t.Parallel()
	c := newClock()
	h := openHub(t, live.Options{Store: &memory{}, Now: c.now})
	all := h.Subscribe(live.Filter{})
	bought := h.Subscribe(live.Filter{Source: "web", Name: "Bought", Type: secant.TypeTrack})
	blocked := h.Subscribe(live.Filter{Reason: live.FilterBlocked})
	text := h.Subscribe(live.Filter{Query: "EVENT\":\"se"})
	h.Observe(chunk(0, 1, event(c, "web", "Bought", ""), event(c, "app", "Bought", ""), event(c, "web", "Seen", secant.ReasonDuplicate)))
	for _, tc := range []struct {
		name string
		sub  *live.Subscription
		want string
	}{
		{"all", all, "Bought Bought Seen"}, {"bought", bought, "Bought"}, {"blocked", blocked, "Seen"}, {"text", text, "Seen"},
	} {
		if got := names(drain(tc.sub)); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
	if n := h.Stats().Subscribers; n != 4 {
		t.Errorf("%d subscribers, want 4", n)
	}
	bought.Close()
	bought.Close()
	if _, open := <-bought.Events(); open {
		t.Error("the channel of a closed subscription is open")
	}
	h.Observe(chunk(0, 2, event(c, "web", "Bought", "")))
	if got := names(drain(all)); got != "Bought" {
		t.Errorf("all after the close of another: %q", got)
	}
	if n := h.Stats().Subscribers; n != 3 {
		t.Errorf("%d subscribers, want 3", n)
	}
}

// A subscriber that takes nothing costs the pipeline nothing and is told what
// it missed; one that is looking for something rare finds it in a flood.
func TestSlowSubscriber(t *testing.T) {
	t.Parallel()
	c := newClock()
	h := openHub(t, live.Options{Store: &memory{}, Now: c.now})
	slow := h.Subscribe(live.Filter{})
	defer slow.Close()
	rare := h.Subscribe(live.Filter{Name: "Rare"})
	defer rare.Close()
	const chunks, per = 20, 1000
	for i := range chunks {
		vs := make([]secant.Verdict, per)
		for j := range vs {
			vs[j] = event(c, "web", "Flood", "")
		}
		vs[per-1] = event(c, "web", "Rare", "")
		h.Observe(chunk(0, uint64(i+1), vs...))
		c.advance(500 * time.Millisecond)
	}
	if got := len(drain(rare)); got != chunks {
		t.Errorf("%d of %d rare events arrived", got, chunks)
	}
	got, dropped := len(drain(slow)), slow.Dropped()
	if int64(got)+dropped != chunks*per || got == 0 || dropped == 0 {
		t.Errorf("%d arrived and %d were dropped of %d", got, dropped, chunks*per)
	}
	if slow.Dropped() != 0 {
		t.Error("what was dropped is told twice")
	}
}

// Everything at once, for the race detector.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	c, s := newClock(), openStore(t, t.TempDir())
	h := openHub(t, live.Options{Store: s, Now: c.now})
	var wg sync.WaitGroup
	const partitions, chunks = 4, 50
	for p := range partitions {
		wg.Go(func() {
			for i := range chunks {
				h.Observe(chunk(p, uint64(i+1), event(c, "web", fmt.Sprint("e", i), ""), event(c, "app", "x", secant.ReasonDuplicate)))
				h.Refused("", fmt.Sprint("k", i), secant.ReasonUnknownSource, 1)
				c.advance(time.Second)
			}
		})
	}
	for range 2 {
		wg.Go(func() {
			for range 30 {
				sub := h.Subscribe(live.Filter{Source: "web"})
				drain(sub)
				if _, err := h.Recent(t.Context(), live.Filter{Query: "pro"}, 10); err != nil {
					t.Error(err)
				}
				h.UnknownKeys()
				h.Stats()
				sub.Close()
			}
		})
	}
	wg.Go(func() {
		for range 20 {
			if err := h.Flush(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
	if err := h.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantTotals(t, totals(t, s, "outcome"), map[string]int64{
		"accepted": partitions * chunks, "blocked": partitions * chunks, "refused": partitions * chunks,
	})
}

// Many sources with large events take no more memory than is allowed, and
// those that fell out of memory are read from the store.
func TestManySources(t *testing.T) {
	t.Parallel()
	c, s := newClock(), openStore(t, t.TempDir())
	h := openHub(t, live.Options{Store: s, Now: c.now})
	payload := make([]byte, 30<<10)
	for i := range payload {
		payload[i] = ' '
	}
	const sources, events = 20, 60
	for i := range events {
		for src := range sources {
			json := append([]byte(fmt.Sprintf(`{"type":"track","event":"e%d","pad":"`, i)), payload...)
			json = append(json, `"}`...)
			h.Observe(chunk(0, uint64(i*sources+src+1), verdict(c, fmt.Sprint("s", src), secant.TypeTrack, json, fmt.Sprint("e", i), "")))
		}
		c.advance(time.Second)
		if err := h.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := h.Stats().KeptBytes; got > 33<<20 {
		t.Errorf("%d MB in memory", got>>20)
	}
	for src := range sources {
		if got := recent(t, h, live.Filter{Source: fmt.Sprint("s", src)}, 0); len(got) != events {
			t.Errorf("source %d: %d events, want %d", src, len(got), events)
		}
	}
}

// BenchmarkObserve is the cost per event of chunks of 100.
func BenchmarkObserve(b *testing.B) {
	const n = 100
	for _, subscribers := range []int{0, 1} {
		b.Run(fmt.Sprint("subscribers=", subscribers), func(b *testing.B) {
			c := newClock()
			h := openHub(b, live.Options{Store: &memory{}})
			for range subscribers {
				defer h.Subscribe(live.Filter{Source: "web", Name: "None"}).Close()
			}
			vs := make([]secant.Verdict, n)
			for i := range vs {
				vs[i] = event(c, []string{"web", "app"}[i/50], fmt.Sprint("Event ", i%10), "")
			}
			b.ReportAllocs()
			for i := 0; i < b.N; i += n {
				h.Observe(0, uint64(i+1), vs)
			}
		})
	}
}
