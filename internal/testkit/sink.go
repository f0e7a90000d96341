package testkit

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Mode is how a Sink treats a request.
type Mode int

// The moods of a webhook.
const (
	OK       Mode = iota // 200
	Fail                 // 500
	Throttle             // 429 with Retry-After
	Refuse               // 400: will never take it
	Hang                 // no answer until the client gives up
	Cut                  // closes the connection in the middle of a 200
)

// Sink is a real HTTP webhook on a port of its own. It remembers every event
// it answered 200 to by messageId, and the last requests whole. Its methods
// are safe for concurrent use.
type Sink struct {
	Addr string // host:port; stays the same when it goes down and comes back

	t    testing.TB
	mu   sync.Mutex
	mode Mode
	wait time.Duration // Retry-After
	got  map[string]int
	last []Delivery
	seen int
	secs map[int64]int // requests by second of their arrival
	srv  *http.Server
}

// Delivery is one request that a Sink received.
type Delivery struct {
	At     time.Time
	Path   string
	Header http.Header
	Body   []byte
	Status int // what was answered; 0 for none
}

// keepDeliveries bounds what a Sink under load holds in memory.
const keepDeliveries = 2000

// NewSink starts a sink that answers 200. It is closed when the test ends.
func NewSink(t testing.TB) *Sink {
	t.Helper()
	s := &Sink{t: t, got: map[string]int{}, secs: map[int64]int{}, wait: time.Second}
	addr, err := FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	s.Addr = addr
	s.Up()
	t.Cleanup(s.Down)
	return s
}

// URL returns the address of path on the sink.
func (s *Sink) URL(path string) string { return "http://" + s.Addr + path }

// Set changes how requests are treated from now on.
func (s *Sink) Set(m Mode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mode = m
}

// Down closes the port and every connection: the next client is refused.
func (s *Sink) Down() {
	s.mu.Lock()
	srv := s.srv
	s.srv = nil
	s.mu.Unlock()
	if srv != nil {
		srv.Close()
	}
}

// Up opens the port again.
func (s *Sink) Up() {
	s.t.Helper()
	l, err := net.Listen("tcp", s.Addr)
	if err != nil {
		s.t.Fatalf("open sink: %v", err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(s.serve)}
	s.mu.Lock()
	s.srv = srv
	s.mu.Unlock()
	go func() {
		if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.t.Errorf("sink ended: %v", err)
		}
	}()
}

func (s *Sink) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	s.mu.Lock()
	mode, wait := s.mode, s.wait
	s.mu.Unlock()
	status := http.StatusOK
	switch mode {
	case Fail:
		status = http.StatusInternalServerError
	case Refuse:
		status = http.StatusBadRequest
	case Throttle:
		status = http.StatusTooManyRequests
		w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)))
	case Hang, Cut:
		status = 0
	}
	s.record(r, body, status)
	switch mode {
	case Hang:
		<-r.Context().Done()
	case Cut:
		w.Header().Set("Content-Length", "1000")
		io.WriteString(w, "half an ans")
		panic(http.ErrAbortHandler)
	default:
		w.WriteHeader(status)
	}
}

func (s *Sink) record(r *http.Request, body []byte, status int) {
	ids := MessageIDs(body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen++
	s.secs[time.Now().Unix()]++
	if len(s.last) >= keepDeliveries {
		s.last = append(s.last[:0], s.last[keepDeliveries/2:]...)
	}
	s.last = append(s.last, Delivery{time.Now(), r.URL.RequestURI(), r.Header, body, status})
	if status == http.StatusOK {
		for _, id := range ids {
			s.got[id]++
		}
	}
}

// MessageIDs returns the messageIds in body: one event or a list of events.
func MessageIDs(body []byte) []string {
	type event struct{ MessageID string }
	var list []event
	if bytes.HasPrefix(bytes.TrimSpace(body), []byte("[")) {
		if json.Unmarshal(body, &list) != nil {
			return nil
		}
	} else {
		list = make([]event, 1)
		if json.Unmarshal(body, &list[0]) != nil {
			return nil
		}
	}
	ids := make([]string, 0, len(list))
	for _, e := range list {
		ids = append(ids, e.MessageID)
	}
	return ids
}

// Received returns how often each messageId was answered with 200.
func (s *Sink) Received() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.got)
}

// Distinct returns how many messageIds were answered with 200.
func (s *Sink) Distinct() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.got)
}

// Requests returns how many requests came, whatever was answered.
func (s *Sink) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

// Busiest returns the most requests that came within one second of the clock.
func (s *Sink) Busiest() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	most := 0
	for _, n := range s.secs {
		most = max(most, n)
	}
	return most
}

// Deliveries returns the last requests, the oldest first.
func (s *Sink) Deliveries() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Delivery(nil), s.last...)
}

// Find returns the first kept delivery that carries the messageId.
func (s *Sink) Find(id string) (Delivery, bool) {
	for _, d := range s.Deliveries() {
		for _, got := range MessageIDs(d.Body) {
			if got == id {
				return d, true
			}
		}
	}
	return Delivery{}, false
}

// Wait waits until id was answered with 200 and returns that delivery.
func (s *Sink) Wait(t testing.TB, limit time.Duration, id string) Delivery {
	t.Helper()
	WaitFor(t, limit, "webhook to receive "+id, func() (bool, string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.got[id] > 0, strconv.Itoa(s.seen) + " requests so far"
	})
	d, _ := s.Find(id)
	return d
}
