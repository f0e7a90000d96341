package deliver_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/deliver"
	"github.com/secantdev/secant/destination"
	"github.com/secantdev/secant/destination/all"
	"github.com/secantdev/secant/egress"
	"github.com/secantdev/secant/eventlog"
	"github.com/secantdev/secant/store"
)

var tester = secant.Actor{Kind: "system", ID: "test", Role: secant.RoleOwner}

// rig is a real log and a real store in a directory of their own, and an engine
// that can be started and stopped.
type rig struct {
	t      testing.TB
	ctx    context.Context
	clean  *eventlog.Log
	store  *store.Store
	client *egress.Client
	defs   []destination.Definition
	opts   func(*deliver.Options)
	engine *deliver.Engine
	halt   func()
	sent   int
}

func newRig(t testing.TB, opts ...func(*deliver.Options)) *rig {
	t.Helper()
	dir := t.TempDir()
	quiet := slog.New(slog.DiscardHandler)
	clean, err := eventlog.Open(eventlog.Options{Dir: filepath.Join(dir, "clean"), Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), store.Options{
		Path: filepath.Join(dir, "secant.db"), KeyPath: filepath.Join(dir, "secret.key"), Logger: quiet,
	})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{
		t: t, ctx: context.WithoutCancel(t.Context()), clean: clean, store: db,
		client: egress.New(egress.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Version: "test"}),
		defs:   all.Definitions(),
		opts: func(o *deliver.Options) {
			for _, f := range opts {
				f(o)
			}
		},
	}
	t.Cleanup(func() {
		r.stop()
		r.client.Close()
		for _, err := range []error{clean.Close(), db.Close()} {
			if err != nil {
				t.Error(err)
			}
		}
	})
	for _, id := range []string{"shop", "other"} {
		if _, err := db.CreateSource(r.ctx, tester, secant.Source{ID: id, Name: id, Type: "server", Enabled: true}); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func (r *rig) start() {
	r.t.Helper()
	o := deliver.Options{
		Clean: r.clean, Workspace: r.store, Store: r.store, Definitions: r.defs, Egress: r.client,
		Logger: slog.New(slog.DiscardHandler), Checkpoint: 50 * time.Millisecond, Grace: 2 * time.Second,
	}
	r.opts(&o)
	r.engine = deliver.New(o)
	ctx, cancel := context.WithCancel(r.ctx)
	done := make(chan error, 1)
	go func() { done <- r.engine.Run(ctx) }()
	r.halt = func() {
		cancel()
		if err := <-done; err != nil {
			r.t.Error(err)
		}
	}
}

func (r *rig) stop() {
	if r.halt != nil {
		r.halt()
		r.halt = nil
	}
}

// hook adds an enabled webhook for the source shop.
func (r *rig) hook(id string, settings map[string]any) {
	r.t.Helper()
	r.add(secant.Destination{ID: id, Name: id, Source: "shop", Type: "webhook", Enabled: true, Settings: settings})
}

func (r *rig) add(d secant.Destination) {
	r.t.Helper()
	if _, err := r.store.CreateDestination(r.ctx, tester, d); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) update(id string, p store.DestinationPatch) {
	r.t.Helper()
	if _, err := r.store.UpdateDestination(r.ctx, tester, id, p); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) enable(id string, on bool) { r.update(id, store.DestinationPatch{Enabled: &on}) }

// event returns the n-th record of a visitor.
func event(source string, visitor, n int, extra string) secant.Record {
	id := fmt.Sprintf("v%d-%d", visitor, n)
	prefix := `{"type":"track","event":"Clicked","anonymousId":"v` + fmt.Sprint(visitor) + `","messageId":"`
	body := []byte(prefix + id + `","properties":{"visitor":` + fmt.Sprint(visitor) + `,"n":` + fmt.Sprint(n) + `}` + extra + `}`)
	return secant.Record{
		Source: source, Type: secant.TypeTrack, ReceivedAt: time.Now().UnixMilli(),
		Lane: uint32(visitor) * 2654435761, JSON: body,
		MessageID: body[len(prefix) : len(prefix)+len(id)],
		Name:      body[len(`{"type":"track","event":"`):len(`{"type":"track","event":"Clicked`)],
	}
}

// send appends n events of each visitor of the source shop to the clean log, in
// order for each visitor.
func (r *rig) send(visitors, n int) {
	r.t.Helper()
	var recs []secant.Record
	for i := range n {
		for v := range visitors {
			recs = append(recs, event("shop", v, r.sent+i, ""))
		}
	}
	r.sent += n
	r.append(recs)
}

func (r *rig) append(recs []secant.Record) {
	r.t.Helper()
	for len(recs) > 0 {
		n := min(len(recs), 500)
		if err := r.clean.Append(r.ctx, recs[:n]); err != nil {
			r.t.Fatal(err)
		}
		recs = recs[n:]
	}
}

func (r *rig) status(id string) deliver.Status {
	r.t.Helper()
	s, _ := r.engine.Status(id)
	return s
}

// running waits until the destination is being delivered to.
func (r *rig) running(id string) {
	r.t.Helper()
	eventually(r.t, "destination "+id+" runs", func() bool {
		s, ok := r.engine.Status(id)
		return ok && s.State == deliver.StateOK && s.Destination == id
	})
}

// outcomes adds up the counters of a destination by outcome and reason.
func (r *rig) outcomes(id string) map[string]int64 {
	r.t.Helper()
	rows, err := r.store.Counts(r.ctx, store.CountQuery{By: store.InTotal, Destination: id, Group: []string{"outcome", "reason"}})
	if err != nil {
		r.t.Fatal(err)
	}
	m := map[string]int64{}
	for _, row := range rows {
		key := row.Outcome
		if row.Reason != "" {
			key += " " + row.Reason
		}
		m[key] += row.N
	}
	return m
}

func (r *rig) letters(id string) []deliver.DeadLetter {
	r.t.Helper()
	l, err := r.store.ListDeadLetters(r.ctx, id, store.Page{Limit: 1000})
	if err != nil {
		r.t.Fatal(err)
	}
	return l.Items
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for limit := time.Now().Add(30 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("never happened: %s", what)
		}
	}
}

// got is an event as a sink received it.
type got struct {
	MessageID  string
	Properties struct{ Visitor, N int }
}

// sink is a real HTTP server that remembers what it accepted.
type sink struct {
	*httptest.Server
	mu       sync.Mutex
	answer   func(w http.ResponseWriter, r *http.Request, g got) bool // true: it has answered
	accepted []got
	requests int
	busy     int
	most     int // requests at once
}

func newSink(t testing.TB) *sink {
	t.Helper()
	s := &sink{}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *sink) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	var g got
	if err := json.Unmarshal(body, &g); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	s.requests++
	s.busy++
	s.most = max(s.most, s.busy)
	answer := s.answer
	s.mu.Unlock()
	answered := answer != nil && answer(w, r, g)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy--
	if !answered {
		s.accepted = append(s.accepted, g)
	}
}

func (s *sink) set(answer func(w http.ResponseWriter, r *http.Request, g got) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

// status makes the sink answer everything with code; 0 accepts again.
func (s *sink) status(code int) {
	if code == 0 {
		s.set(nil)
		return
	}
	s.set(func(w http.ResponseWriter, _ *http.Request, _ got) bool {
		w.WriteHeader(code)
		return true
	})
}

func (s *sink) events() []got {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]got(nil), s.accepted...)
}

func (s *sink) asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// distinct counts the events accepted at least once.
func (s *sink) distinct() int {
	ids := map[string]bool{}
	for _, g := range s.events() {
		ids[g.MessageID] = true
	}
	return len(ids)
}

// inOrder reports the first event that a visitor's later one overtook.
func inOrder(events []got) error {
	last := map[int]int{}
	for _, g := range events {
		if n, ok := last[g.Properties.Visitor]; ok && g.Properties.N <= n {
			return fmt.Errorf("visitor %d: event %d came after %d", g.Properties.Visitor, g.Properties.N, n)
		}
		last[g.Properties.Visitor] = g.Properties.N
	}
	return nil
}

// mortal is a store that takes nothing any more once dead is closed, as after a
// kill: what it is told then is not there at the next start.
type mortal struct {
	*store.Store
	dead chan struct{}
}

// ailing is a store that refuses checkpoints while it is ill.
type ailing struct {
	*store.Store
	ill atomic.Bool
}

func (a *ailing) Checkpoint(ctx context.Context, c deliver.Checkpoint) error {
	if a.ill.Load() {
		return secant.ErrUnavailable
	}
	return a.Store.Checkpoint(ctx, c)
}

func (m mortal) Checkpoint(ctx context.Context, c deliver.Checkpoint) error {
	select {
	case <-m.dead:
		return secant.ErrUnavailable
	default:
		return m.Store.Checkpoint(ctx, c)
	}
}

// runs is running, whatever the breaker says.
func (r *rig) runs(id string) {
	r.t.Helper()
	eventually(r.t, "destination "+id+" runs", func() bool {
		s, ok := r.engine.Status(id)
		return ok && (s.State == deliver.StateOK || s.State == deliver.StateBreaker)
	})
}
