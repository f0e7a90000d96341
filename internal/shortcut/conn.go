package shortcut

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"
)

const (
	// readSize holds a usual event with its head.
	readSize = 4 << 10
	// maxDrain is what of a body that the handler left is read to save the
	// connection; net/http reads as much.
	maxDrain = 256 << 10
	// writeTime is how long a client may take to accept an answer.
	writeTime = time.Minute
)

// conn is one connection while it is ours.
type conn struct {
	server *Server
	net    net.Conn
	remote string
	idle   atomic.Bool // waits for a request; may be closed

	buf      []byte // bytes read: those from at to have are not consumed
	at, have int
	head     head
	ctx      context.Context
	blank    *http.Request // what every request of the connection has
	request  http.Request
	url      url.URL
	headers  http.Header
	body     body
	response response
	deadline time.Time // of reads; the zero value for none
	writable time.Time // the write deadline in force
}

func newConn(s *Server, nc net.Conn) *conn {
	c := &conn{server: s, net: nc, remote: nc.RemoteAddr().String(), buf: make([]byte, readSize), headers: http.Header{}}
	c.idle.Store(true)
	c.body.conn, c.response.conn = c, c
	c.response.header = http.Header{}
	return c
}

// serve handles request after request until the connection ends or is given to
// net/http.
func (c *conn) serve() {
	defer c.server.forget(c)
	c.ctx = context.WithValue(c.server.ctx, http.LocalAddrContextKey, c.net.LocalAddr())
	c.blank = (&http.Request{Method: http.MethodPost, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, RemoteAddr: c.remote}).WithContext(c.ctx)
	ours := true
	defer func() {
		if failure := recover(); failure != nil {
			if failure != http.ErrAbortHandler && c.server.Standard.ErrorLog != nil { //nolint:errorlint // the very value, as net/http has it
				c.server.Standard.ErrorLog.Printf("shortcut: panic serving %s: %v", c.remote, failure)
			}
			_ = c.net.Close()
		} else if ours {
			_ = c.net.Close()
		}
	}()
	for {
		switch c.next() {
		case take:
			if !c.answer() {
				return
			}
		case others:
			ours = !c.handOver()
			return
		default:
			return
		}
	}
}

// next reads until a request's head is complete, or is known not to be ours.
// more means that the connection has ended.
func (c *conn) next() verdict {
	limit := c.server.Standard.IdleTimeout
	if c.have > c.at {
		limit = c.server.Standard.ReadHeaderTimeout
	}
	c.setReadDeadline(time.Now().Add(limit))
	for {
		if c.have > c.at {
			if v := c.head.parse(c.buf[c.at:c.have], c.server.Prefix, c.server.MaxBody); v != more {
				c.idle.Store(false)
				return v
			}
			c.room()
		}
		n, err := c.read(c.buf[c.have:])
		if c.have == c.at && n > 0 {
			c.idle.Store(false)
			c.setReadDeadline(time.Now().Add(c.server.Standard.ReadHeaderTimeout))
		}
		c.have += n
		if err != nil && n == 0 {
			return more
		}
	}
}

// room makes sure that more can be read behind what has arrived.
func (c *conn) room() {
	if c.at > 0 {
		c.have = copy(c.buf, c.buf[c.at:c.have])
		c.at = 0
	}
	if c.have == len(c.buf) {
		c.buf = append(c.buf, make([]byte, len(c.buf))...)
	}
}

// handOver gives the connection to net/http with every byte that was read.
func (c *conn) handOver() bool {
	_ = c.net.SetDeadline(time.Time{}) // net/http sets its own
	return c.server.handed.give(&begun{Conn: c.net, read: append([]byte(nil), c.buf[c.at:c.have]...)})
}

// answer serves the request whose head was parsed and reports whether another
// may follow.
func (c *conn) answer() bool {
	h := &c.head
	c.at += h.size
	if h.changed {
		clear(c.headers)
		for i := range h.headers {
			c.headers[h.headers[i].name] = h.headers[i].value
		}
	}
	c.url = url.URL{Path: h.path}
	c.body.left = h.length
	c.request = *c.blank
	c.request.URL, c.request.RequestURI, c.request.Host = &c.url, h.path, h.host
	c.request.Header, c.request.ContentLength = c.headers, h.length
	c.request.Body = http.NoBody
	if h.length > 0 {
		c.request.Body = &c.body
	}
	r := &c.response
	r.reset()
	c.server.Standard.Handler.ServeHTTP(r, &c.request)
	last := c.server.isClosing() || c.body.left > maxDrain || r.wantsClose()
	if !last && c.body.left > 0 {
		_, err := io.Copy(io.Discard, io.LimitReader(&c.body, c.body.left))
		last = err != nil || c.body.left > 0
	}
	if err := r.send(last); err != nil || last {
		return false
	}
	if c.at == c.have {
		c.at, c.have = 0, 0
		if len(c.buf) > 2*readSize {
			c.buf = make([]byte, readSize)
		}
	}
	c.idle.Store(c.have == 0)
	return true
}

// setReadDeadline takes effect at the next read that needs the network.
func (c *conn) setReadDeadline(t time.Time) { c.deadline = t }

func (c *conn) read(p []byte) (int, error) {
	if !c.deadline.IsZero() {
		if err := c.net.SetReadDeadline(c.deadline); err != nil {
			return 0, err
		}
		c.deadline = time.Time{}
	}
	return c.net.Read(p)
}

// write sends p within writeTime, give or take half of it.
func (c *conn) write(p []byte) error {
	if now := time.Now(); c.writable.Sub(now) < writeTime/2 {
		c.writable = now.Add(writeTime)
		if err := c.net.SetWriteDeadline(c.writable); err != nil {
			return err
		}
	}
	_, err := c.net.Write(p)
	return err
}

// body is the body of the request in hand.
type body struct {
	conn *conn
	left int64
}

func (b *body) Read(p []byte) (int, error) {
	switch {
	case b.left == 0:
		return 0, io.EOF
	case len(p) == 0:
		return 0, nil
	}
	c := b.conn
	p = p[:min(int64(len(p)), b.left)]
	if c.at < c.have {
		n := copy(p, c.buf[c.at:c.have])
		c.at += n
		b.left -= int64(n)
		return n, b.end()
	}
	n, err := c.read(p)
	b.left -= int64(n)
	if errors.Is(err, io.EOF) && b.left > 0 {
		return n, io.ErrUnexpectedEOF
	}
	if err == nil {
		err = b.end()
	}
	return n, err
}

func (b *body) end() error {
	if b.left == 0 {
		return io.EOF
	}
	return nil
}

// Close ends reading for the handler; what is left of the body is skipped later.
func (b *body) Close() error { return nil }
