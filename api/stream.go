package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/live"
)

// Bounds of the streams of events.
const (
	streamsPerActor = 8
	streamsAtAll    = 256
	pingEvery       = 15 * time.Second
	// writeWithin ends a stream whose reader takes nothing for so long.
	writeWithin = 20 * time.Second
)

// streams counts the streams that are open. It is safe for concurrent use.
type streams struct {
	mu     sync.Mutex
	open   map[string]int
	total  int
	closed chan struct{} // closed when no stream may go on
	ping   time.Duration // pingEvery, less in tests
}

func newStreams() *streams {
	return &streams{open: map[string]int{}, closed: make(chan struct{}), ping: pingEvery}
}

func (s *streams) enter(who secant.Actor) (leave func(), err error) {
	key := who.Kind + ":" + who.ID
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closed:
		return nil, fail(secant.ErrUnavailable, "The server is stopping. Connect again in a few seconds.")
	default:
	}
	if s.open[key] >= streamsPerActor || s.total >= streamsAtAll {
		return nil, &failure{kind: errTooMany, after: pingEvery,
			message: fmt.Sprintf("You have %d streams open, which is the most. Close one.", s.open[key])}
	}
	s.open[key]++
	s.total++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.total--
		if s.open[key]--; s.open[key] == 0 {
			delete(s.open, key)
		}
	}, nil
}

func (s *streams) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.closed:
	default:
		close(s.closed)
	}
}

// stream follows the debugger until the client leaves, its session or token
// ends, or the server stops.
func (a *API) stream(c *call) error {
	f, err := c.filter()
	if err != nil {
		return err
	}
	leave, err := a.streams.enter(c.who)
	if err != nil {
		return err
	}
	defer leave()
	sub := a.Live.Subscribe(f)
	defer sub.Close()

	// Subscribed before the past is read, so that nothing falls between.
	var past []live.Event
	if f.After = c.r.Header.Get("Last-Event-ID"); f.After != "" {
		if past, err = a.Live.Recent(c.ctx(), f, live.Kept); err != nil {
			a.log.Warn("the debugger's older events cannot be read", "error", err)
		}
		slices.Reverse(past)
	}
	h := c.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx would hold events back
	if c.r.Method == http.MethodHead {
		return nil
	}
	out := &sse{c: c, control: http.NewResponseController(c.w)}
	out.buf.WriteString("retry: 2000\n\n")
	shown := make(map[string]bool, len(past))
	for _, e := range past {
		shown[e.ID] = true
		out.event(e)
	}
	if out.flush() != nil {
		return nil // the client left; there is nobody to tell
	}
	a.follow(c, sub, out, shown)
	return nil
}

// follow writes what sub brings, but for what is shown already.
func (a *API) follow(c *call, sub *live.Subscription, out *sse, shown map[string]bool) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	ping := time.NewTicker(a.streams.ping)
	defer ping.Stop()
	for {
		select {
		case <-c.ctx().Done():
			return
		case <-a.streams.closed:
			return
		case e, ok := <-sub.Events():
			if !ok {
				return
			}
			for more := true; more; { // what has piled up goes out in one write
				if !shown[e.ID] {
					out.event(e)
				}
				select {
				case e, more = <-sub.Events():
				default:
					more = false
				}
				more = more && out.buf.Len() < 256<<10
			}
		case <-tick.C:
		case <-ping.C:
			// Whoever lost the right to look must not go on looking.
			if a.admit(c, secant.RoleViewer) != nil {
				return
			}
			out.buf.WriteString(": ping\n\n")
		}
		if n := sub.Dropped(); n > 0 {
			fmt.Fprintf(&out.buf, "event: dropped\ndata: {\"n\":%d}\n\n", n)
		}
		if out.flush() != nil {
			return
		}
	}
}

// sse writes server-sent events.
type sse struct {
	c       *call
	control *http.ResponseController
	buf     bytes.Buffer
}

func (s *sse) event(e live.Event) {
	fmt.Fprintf(&s.buf, "event: event\nid: %s\ndata: ", e.ID)
	enc := json.NewEncoder(&s.buf) // ends its line, and has no other line breaks
	enc.SetEscapeHTML(false)
	if err := enc.Encode(eventOf(e)); err != nil {
		s.buf.WriteString("null\n") // no event of the log is other than JSON
	}
	s.buf.WriteByte('\n')
}

// flush sends what was written. The deadline replaces the server's, which is
// for replies that end.
func (s *sse) flush() error {
	if s.buf.Len() == 0 {
		return nil
	}
	defer s.buf.Reset()
	// A writer that knows no deadlines is a test's.
	_ = s.control.SetWriteDeadline(time.Now().Add(writeWithin))
	if _, err := s.c.w.Write(s.buf.Bytes()); err != nil {
		return fmt.Errorf("write stream: %w", err)
	}
	if err := s.control.Flush(); err != nil {
		return fmt.Errorf("flush stream: %w", err)
	}
	return nil
}
