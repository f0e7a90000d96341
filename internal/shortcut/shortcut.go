// Package shortcut serves the one kind of request that comes by the thousand a
// second, a small POST over plain HTTP/1.1, without what net/http does for every
// other kind, and hands all others, connection and all, to net/http.
//
// It takes only requests about whose meaning no two parsers can differ: a plain
// path, a length in digits, headers of ordinary characters, each at most once.
// Whatever is unusual, malformed or large is net/http's from its first byte on,
// so there is one place that decides about it. Both call the same http.Handler:
// routes, limits and answers do not know which way a request came.
//
// Handlers must keep to net/http's contract, which says not to change or keep
// the request, and must not need what is missing here: the request's context
// does not end when the client goes away, and the response cannot be flushed or
// hijacked.
package shortcut

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// Server serves a listener. Set the fields before Serve and leave them alone
// afterwards.
type Server struct {
	// Standard serves what is not taken here. Its Handler, ReadHeaderTimeout,
	// IdleTimeout and ErrorLog hold for both.
	Standard *http.Server
	// Prefix is what the path of a request taken here begins with: "/v1/".
	Prefix string
	// MaxBody is the longest body taken here, in bytes.
	MaxBody int64

	mu       sync.Mutex
	listener net.Listener
	conns    map[*conn]struct{}
	closing  bool
	handed   *handover
	ctx      context.Context
	cancel   context.CancelFunc
}

// Serve accepts connections until Shutdown or Close, and returns
// http.ErrServerClosed then. It may be called once.
func (s *Server) Serve(l net.Listener) error {
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		return http.ErrServerClosed
	}
	s.listener, s.conns, s.handed = l, map[*conn]struct{}{}, newHandover(l.Addr())
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.mu.Unlock()
	standard := make(chan struct{})
	go func() {
		defer close(standard)
		_ = s.Standard.Serve(s.handed) // ends when the handover is closed
	}()
	err := s.accept(l)
	if s.isClosing() {
		err = http.ErrServerClosed
	} else {
		_ = s.Close() // the listener is broken: nothing will come any more
	}
	<-standard
	return err
}

func (s *Server) accept(l net.Listener) error {
	pause := time.Duration(0)
	for {
		c, err := l.Accept()
		if err == nil {
			pause = 0
			if !s.start(c) {
				_ = c.Close() // came while stopping
			}
			continue
		}
		// Out of file descriptors, most likely: connections in hand will free some.
		var temporary interface{ Temporary() bool }
		if s.isClosing() || !errors.As(err, &temporary) || !temporary.Temporary() {
			return err
		}
		pause = min(max(2*pause, 5*time.Millisecond), time.Second)
		time.Sleep(pause)
	}
}

func (s *Server) start(nc net.Conn) bool {
	c := newConn(s, nc)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return false
	}
	s.conns[c] = struct{}{}
	go c.serve()
	return true
}

func (s *Server) forget(c *conn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
}

func (s *Server) isClosing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closing
}

// Shutdown stops accepting, lets requests in hand end, closes idle connections
// and returns. When ctx ends first it returns its error, with some connections
// still open; Close closes them.
func (s *Server) Shutdown(ctx context.Context) error {
	s.stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for s.closeIdle() > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	err := s.Standard.Shutdown(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel != nil {
		s.cancel()
	}
	return err
}

// Close closes the listener and every connection at once.
func (s *Server) Close() error {
	s.stop()
	s.mu.Lock()
	for c := range s.conns {
		_ = c.net.Close()
	}
	if s.cancel != nil {
		s.cancel()
	}
	s.mu.Unlock()
	return s.Standard.Close()
}

func (s *Server) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return
	}
	s.closing = true
	if s.listener != nil {
		_ = s.listener.Close()
	}
}

// closeIdle closes the connections that wait for a request and returns how many
// others are left.
func (s *Server) closeIdle() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	busy := 0
	for c := range s.conns {
		if c.idle.Load() {
			_ = c.net.Close()
		} else {
			busy++
		}
	}
	return busy
}

// handover is the listener that Standard accepts from: connections whose first
// bytes were read here.
type handover struct {
	addr  net.Addr
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func newHandover(addr net.Addr) *handover {
	return &handover{addr: addr, conns: make(chan net.Conn), done: make(chan struct{})}
}

// give hands c over; false when nobody accepts any more.
func (h *handover) give(c net.Conn) bool {
	select {
	case h.conns <- c:
		return true
	case <-h.done:
		return false
	}
}

func (h *handover) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.done:
		return nil, net.ErrClosed
	}
}

func (h *handover) Close() error {
	h.once.Do(func() { close(h.done) })
	return nil
}

func (h *handover) Addr() net.Addr { return h.addr }

// begun is a connection of which some bytes were read already.
type begun struct {
	net.Conn
	read []byte
}

func (b *begun) Read(p []byte) (int, error) {
	if len(b.read) > 0 {
		n := copy(p, b.read)
		b.read = b.read[n:]
		return n, nil
	}
	return b.Conn.Read(p)
}
