package live_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/live"
	"github.com/secantdev/secant/store"
)

// openStore opens a real store in dir.
func openStore(t testing.TB, dir string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: filepath.Join(dir, "secant.db"), KeyPath: filepath.Join(dir, "secret.key")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close store: %v", err)
		}
	})
	return s
}

func openHub(t testing.TB, o live.Options) *live.Hub {
	t.Helper()
	h, err := live.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// clock is a settable one.
type clock struct{ ms atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.ms.Store(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixMilli())
	return c
}

func (c *clock) now() time.Time          { return time.UnixMilli(c.ms.Load()) }
func (c *clock) advance(d time.Duration) { c.ms.Add(d.Milliseconds()) }

// event is a track event called name.
func event(c *clock, source, name string, reason secant.Reason) secant.Verdict {
	json := fmt.Appendf(nil, `{"type":"track","event":%q,"messageId":"m-1","userId":"ann","anonymousId":17,"properties":{"plan":"Pro"}}`, name)
	return verdict(c, source, secant.TypeTrack, json, name, reason)
}

// verdict finds name in json, as it is there.
func verdict(c *clock, source string, typ secant.EventType, json []byte, name string, reason secant.Reason) secant.Verdict {
	v := secant.Verdict{Reason: reason, Record: secant.Record{Source: source, Type: typ, ReceivedAt: c.ms.Load(), JSON: json}}
	if at := strings.Index(string(json), name); name != "" && at >= 0 {
		v.Record.Name = json[at : at+len(name)]
	}
	if at := strings.Index(string(json), "m-1"); at >= 0 {
		v.Record.MessageID = json[at : at+3]
	}
	return v
}

// chunk gives verdicts their positions.
func chunk(partition int, seq uint64, vs ...secant.Verdict) (int, uint64, []secant.Verdict) {
	for i := range vs {
		vs[i].Position = secant.Position{Partition: partition, Seq: seq, Index: i}
	}
	return partition, seq, vs
}

func names(events []live.Event) string {
	var b strings.Builder
	for _, ev := range events {
		b.WriteString(ev.Name + " ")
	}
	return strings.TrimSpace(b.String())
}

func recent(t testing.TB, h *live.Hub, f live.Filter, limit int) []live.Event {
	t.Helper()
	events, err := h.Recent(t.Context(), f, limit)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func totals(t testing.TB, s *store.Store, group ...string) map[string]int64 {
	t.Helper()
	rows, err := s.Counts(t.Context(), store.CountQuery{By: store.InTotal, Group: group})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, r := range rows {
		var key []string
		for _, g := range group {
			key = append(key, map[string]string{
				"source": r.Source, "type": r.Type, "name": r.Name, "reason": r.Reason, "outcome": r.Outcome,
			}[g])
		}
		got[strings.Join(key, "|")] += r.N
	}
	return got
}

func wantTotals(t testing.TB, got, want map[string]int64) {
	t.Helper()
	for k, n := range want {
		if got[k] != n {
			t.Errorf("%s: counted %d, want %d", k, got[k], n)
		}
	}
	for k, n := range got {
		if _, ok := want[k]; !ok {
			t.Errorf("%s: counted %d, want none", k, n)
		}
	}
}

func TestObserve(t *testing.T) {
	t.Parallel()
	c, s := newClock(), openStore(t, t.TempDir())
	h := openHub(t, live.Options{Store: s, Now: c.now})
	h.Observe(chunk(0, 1, event(c, "web", "Bought", ""), event(c, "web", "Bought", secant.ReasonDuplicate), event(c, "app", "Seen", "")))
	h.Observe(chunk(0, 1, event(c, "web", "Bought", ""))) // again
	h.Observe(chunk(2, 9, verdict(c, "web", secant.TypeIdentify, []byte(`{"type":"identify"}`), "", "")))
	h.Observe(chunk(0, 4, event(c, "web", "Bought", ""))) // 2 and 3 were damaged
	h.Observe(chunk(0, 5))
	h.Refused("", "wk_typo", secant.ReasonUnknownSource, 3)
	h.Refused("web", "wk_web", secant.ReasonTooManyRequests, 2)
	if a, b := h.ObservedUpTo(0), h.ObservedUpTo(2); a != 5 || b != 9 || h.ObservedUpTo(1) != 0 {
		t.Errorf("observed up to %d and %d, want 5 and 9", a, b)
	}
	for range 2 { // the second flush has nothing
		if err := h.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	wantTotals(t, totals(t, s, "source", "type", "name", "reason", "outcome"), map[string]int64{
		"web|track|Bought||accepted":         2,
		"web|track|Bought|duplicate|blocked": 1,
		"app|track|Seen||accepted":           1,
		"web|identify|||accepted":            1,
		"|||unknown_source|refused":          3,
		"web|||too_many_requests|refused":    2,
	})
	if got := h.Stats(); got.Accepted != 4 || got.Blocked != 1 || got.Refused != 5 || got.KeptEvents != 5 || got.KeptBytes == 0 {
		t.Errorf("stats %+v", got)
	}
	// Another hub on the same store goes on.
	h = openHub(t, live.Options{Store: s, Now: c.now})
	if a, b := h.ObservedUpTo(0), h.ObservedUpTo(2); a != 5 || b != 9 {
		t.Errorf("after reopening: observed up to %d and %d, want 5 and 9", a, b)
	}
	h.Observe(chunk(0, 5, event(c, "web", "Bought", "")))
	if err := h.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := totals(t, s, "source")["web"]; got != 6 {
		t.Errorf("a chunk observed before was counted again: %d, want 6", got)
	}
}

func TestRecent(t *testing.T) {
	t.Parallel()
	c, s := newClock(), openStore(t, t.TempDir())
	h := openHub(t, live.Options{Store: s, Now: c.now})
	put := func(seq uint64, v secant.Verdict) {
		h.Observe(chunk(0, seq, v))
		c.advance(time.Second)
	}
	put(1, event(c, "web", "One", ""))
	put(2, event(c, "web", "Two", secant.ReasonDuplicate))
	put(3, event(c, "app", "Three", ""))
	put(4, verdict(c, "web", secant.TypePage, []byte(`{"type":"page","name":"Caf\u00e9 \"x\"","messageId":"m-1"}`), `Caf\u00e9 \"x\"`, ""))
	put(5, verdict(c, "web", secant.TypeUnknown, []byte(`[1,2]`), "", secant.ReasonBadRequest))
	check := func(t *testing.T, h *live.Hub) {
		for _, tc := range []struct {
			name   string
			filter live.Filter
			limit  int
			want   string
		}{
			{"All", live.Filter{}, 0, ` Café "x" Three Two One`},
			{"Limit", live.Filter{}, 2, ` Café "x"`},
			{"Source", live.Filter{Source: "web"}, 0, ` Café "x" Two One`},
			{"Type", live.Filter{Type: secant.TypeTrack}, 0, "Three Two One"},
			{"Name", live.Filter{Name: "Two"}, 0, "Two"},
			{"EscapedName", live.Filter{Name: `Café "x"`}, 0, `Café "x"`},
			{"Reason", live.Filter{Reason: "duplicate"}, 0, "Two"},
			{"OK", live.Filter{Reason: live.FilterOK}, 0, `Café "x" Three One`},
			{"Blocked", live.Filter{Reason: live.FilterBlocked}, 0, " Two"},
			{"Query", live.Filter{Query: "PLAN\":\"pro"}, 0, "Three Two One"},
			{"QueryNothing", live.Filter{Query: "plan\":\"free"}, 0, ""},
			{"UnknownSource", live.Filter{Source: "gone"}, 0, ""},
		} {
			if got := names(recent(t, h, tc.filter, tc.limit)); got != strings.TrimSpace(tc.want) {
				t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
			}
		}
		all := recent(t, h, live.Filter{}, 0)
		if after := recent(t, h, live.Filter{After: all[2].ID}, 0); len(after) != 2 || after[1].ID != all[1].ID {
			t.Errorf("after %s: %d events, want 2", all[2].ID, len(after))
		}
		one := all[4]
		if one.UserID != "ann" || one.AnonymousID != "17" || one.MessageID != "m-1" || one.Source != "web" ||
			one.Type != secant.TypeTrack || one.Position.Seq != 1 || !strings.Contains(string(one.JSON), "Pro") {
			t.Errorf("event %+v", one)
		}
		if string(all[0].JSON) != "[1,2]" || all[0].Reason != secant.ReasonBadRequest {
			t.Errorf("an item that is no object: %+v", all[0])
		}
	}
	check(t, h)
	if err := h.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	check(t, h)
	check(t, openHub(t, live.Options{Store: s, Now: c.now})) // after a restart
}

// The debugger keeps the last 500 of a source, and a restart does not change
// that.
func TestKept(t *testing.T) {
	t.Parallel()
	c, s := newClock(), openStore(t, t.TempDir())
	h := openHub(t, live.Options{Store: s, Now: c.now})
	const n = 700
	for i := range n {
		h.Observe(chunk(i%4, uint64(i+1), event(c, "web", fmt.Sprint("e", i), "")))
		c.advance(time.Second)
		if i == n/2 {
			if err := h.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			h = openHub(t, live.Options{Store: s, Now: c.now})
		}
	}
	if err := h.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, h := range []*live.Hub{h, openHub(t, live.Options{Store: s, Now: c.now})} {
		got := recent(t, h, live.Filter{Source: "web"}, 0)
		if len(got) != live.Kept || got[0].Name != "e699" || got[live.Kept-1].Name != "e200" {
			t.Errorf("kept %d events, %s to %s", len(got), got[len(got)-1].Name, got[0].Name)
		}
	}
}

// In a flood the debugger takes a sample, a rare blocked event included, and
// the counters count everything.
func TestSample(t *testing.T) {
	t.Parallel()
	c, s := newClock(), openStore(t, t.TempDir())
	h := openHub(t, live.Options{Store: s, Now: c.now})
	const perSecond, seconds = 5000, 3
	for sec := range seconds {
		vs := make([]secant.Verdict, 0, perSecond+1)
		for range perSecond {
			vs = append(vs, event(c, "web", "Flood", ""))
		}
		vs = append(vs, event(c, "web", "Rare", secant.ReasonPropsNotObject), event(c, "app", "Calm", ""))
		h.Observe(chunk(0, uint64(sec+1), vs...))
		c.advance(time.Second)
	}
	if got := len(recent(t, h, live.Filter{Name: "Flood"}, 0)); got != 50*seconds {
		t.Errorf("%d events of the flood are shown, want %d", got, 50*seconds)
	}
	if got := len(recent(t, h, live.Filter{Name: "Rare"}, 0)); got != seconds {
		t.Errorf("%d of the blocked events are shown, want %d", got, seconds)
	}
	if got := len(recent(t, h, live.Filter{Source: "app"}, 0)); got != seconds {
		t.Errorf("%d events of the calm source are shown, want %d", got, seconds)
	}
	if err := h.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantTotals(t, totals(t, s, "name"), map[string]int64{"Flood": perSecond * seconds, "Rare": seconds, "Calm": seconds})
}

func TestManyNames(t *testing.T) {
	t.Parallel()
	c, s := newClock(), openStore(t, t.TempDir())
	h := openHub(t, live.Options{Store: s, Now: c.now})
	const n = 2500
	vs := make([]secant.Verdict, 0, 2*n)
	for i := range n {
		vs = append(vs, event(c, "web", fmt.Sprint("Name", i), ""), event(c, "web", fmt.Sprint("Name", i), ""))
	}
	h.Observe(chunk(0, 1, vs...))
	h.Observe(chunk(1, 1, event(c, "web", strings.Repeat("long", 100), ""), event(c, "app", "Name2400", "")))
	c.advance(24 * time.Hour) // another day, another chance
	h.Observe(chunk(0, 2, event(c, "web", "Name2400", "")))
	if err := h.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := totals(t, s, "source", "name")
	if len(got) != 2000+3 { // those, the rest, one of app, one of the next day
		t.Errorf("%d names were counted", len(got))
	}
	if got["web|"+secant.OtherNames] != 2*500+1 || got["web|Name0"] != 2 || got["web|Name2400"] != 1 || got["app|Name2400"] != 1 {
		t.Errorf("other %d, Name0 %d, Name2400 %d", got["web|"+secant.OtherNames], got["web|Name0"], got["web|Name2400"])
	}
}

// failing is a store that cannot be written at times.
type failing struct {
	live.Store
	down  atomic.Bool
	saves atomic.Int64
}

func (f *failing) SaveObserved(ctx context.Context, o live.Observed) error {
	f.saves.Add(1)
	if f.down.Load() {
		return errors.New("disk full")
	}
	return f.Store.SaveObserved(ctx, o)
}

func TestStoreFails(t *testing.T) {
	t.Parallel()
	c, s := newClock(), openStore(t, t.TempDir())
	f := &failing{Store: s}
	h := openHub(t, live.Options{Store: f, Now: c.now})
	f.down.Store(true)
	for i := range 10 {
		h.Observe(chunk(0, uint64(i+1), event(c, "web", "Bought", "")))
		if err := h.Flush(t.Context()); err == nil || h.Health() == nil {
			t.Fatal("a failing store was not reported")
		}
	}
	if got, err := openHub(t, live.Options{Store: s}), error(nil); got.ObservedUpTo(0) != 0 {
		t.Errorf("something was saved: %v", err)
	}
	f.down.Store(false)
	if err := h.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if h.Health() != nil {
		t.Errorf("health after recovery: %v", h.Health())
	}
	wantTotals(t, totals(t, s, "name"), map[string]int64{"Bought": 10})
	if got := len(recent(t, openHub(t, live.Options{Store: s}), live.Filter{}, 0)); got != 10 {
		t.Errorf("%d events were saved, want 10", got)
	}
}

// memory is a store without a database, for synctest: a real one has
// goroutines of its own.
type memory struct {
	mu    sync.Mutex
	saved []live.Observed
}

func (m *memory) SaveObserved(_ context.Context, o live.Observed) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.saved = append(m.saved, o)
	return nil
}

func (m *memory) LoadObserved(context.Context) (map[int]uint64, error) { return nil, nil }

func (m *memory) LoadEvents(context.Context, string, int) ([]live.Event, error) { return nil, nil }

func (m *memory) saves() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.saved)
}

func TestRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, c := &memory{}, newClock()
		h := openHub(t, live.Options{Store: m})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- h.Run(ctx) }()
		time.Sleep(10 * time.Second)
		if n := m.saves(); n != 0 {
			t.Errorf("%d saves of nothing", n)
		}
		for i := range 5000 { // five seconds of work
			h.Observe(chunk(0, uint64(i+1), event(c, "web", "Bought", "")))
			time.Sleep(time.Millisecond)
		}
		time.Sleep(2 * time.Second)
		if n := m.saves(); n < 5 || n > 6 {
			t.Errorf("%d saves in five seconds of work", n)
		}
		for _, o := range m.saved {
			if len(o.Events) > 500 {
				t.Errorf("%d events in one save", len(o.Events))
			}
		}
		h.Observe(chunk(0, 5001, event(c, "web", "Last", "")))
		before := m.saves()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if m.saves() != before+1 || m.saved[before].Positions[0] != 5001 {
			t.Error("the end of Run does not save the rest")
		}
	})
}

// A store that fails is said once, not every second, and its recovery too.
func TestRunWhileStoreFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, c := &memory{}, newClock()
		f := &failing{Store: m}
		f.down.Store(true)
		var logged strings.Builder
		h := openHub(t, live.Options{Store: f, Logger: slog.New(slog.NewTextHandler(&logged, nil))})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- h.Run(ctx) }()
		for i := range 10 {
			h.Observe(chunk(0, uint64(i+1), event(c, "web", "Bought", "")))
			time.Sleep(time.Second)
		}
		f.down.Store(false)
		time.Sleep(2 * time.Second)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if n := f.saves.Load(); n < 10 {
			t.Errorf("%d attempts in ten seconds", n)
		}
		if n := strings.Count(logged.String(), "\n"); n != 2 || !strings.Contains(logged.String(), "disk full") {
			t.Errorf("%d lines were logged, want 2:\n%s", n, logged.String())
		}
		if len(m.saved) != 1 || m.saved[0].Positions[0] != 10 || m.saved[0].Counts[0].N != 10 {
			t.Errorf("saved %+v", m.saved)
		}
	})
}

func TestUnknownKeys(t *testing.T) {
	t.Parallel()
	c := newClock()
	h := openHub(t, live.Options{Store: &memory{}, Now: c.now})
	for i := range 200 {
		h.Refused("", fmt.Sprint("wk_", i), secant.ReasonUnknownSource, 1)
		h.Refused("", "wk_again", secant.ReasonUnknownSource, 1)
		h.Refused("web", "wk_web", secant.ReasonTooManyRequests, 1)
		c.advance(time.Millisecond)
	}
	h.Refused("", strings.Repeat("x", 5000), secant.ReasonUnknownSource, 1)
	h.Refused("", "", secant.ReasonUnknownSource, 1)
	keys := h.UnknownKeys()
	if len(keys) != 50 || len(keys[0].Key) != 128 {
		t.Fatalf("%d keys, the newest %q", len(keys), keys[0].Key)
	}
	for _, k := range keys {
		if k.Key == "wk_again" && k.Requests == 200 {
			return
		}
	}
	t.Errorf("the key in steady use is missing or miscounted: %+v", keys)
}
