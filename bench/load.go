package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// load is what one window of sending saw.
type load struct {
	Events  int64 // acknowledged with 200
	Refused int64 // answered otherwise
	Took    time.Duration
	lat     []time.Duration // one per request, sorted
}

// drive sends for d, or until events are acknowledged when that is not 0.
func drive(ctx context.Context, addr string, s scenario, sources int, d time.Duration, events int64) (*load, error) {
	var (
		total load
		mu    sync.Mutex
		wg    sync.WaitGroup
		fails []error
		left  atomic.Int64
	)
	left.Store(events)
	conns := make([]*conn, s.Conns)
	for i := range conns {
		c, err := dial(ctx, addr)
		if err != nil {
			return nil, err
		}
		defer c.Close()
		conns[i] = c
	}
	start := time.Now()
	for i, c := range conns {
		req := newRequest(addr, s, writeKey(i%sources), uint64(time.Now().UnixNano())+uint64(i))
		wg.Go(func() {
			more := func() bool {
				if ctx.Err() != nil {
					return false
				}
				if events > 0 {
					return left.Add(-int64(s.Batch)) >= 0
				}
				return time.Since(start) < d
			}
			one, err := c.repeat(req, s, start.Add(phase(s, i)), more)
			mu.Lock()
			defer mu.Unlock()
			total.Events += one.Events
			total.Refused += one.Refused
			total.lat = append(total.lat, one.lat...)
			if err != nil {
				fails = append(fails, err)
			}
		})
	}
	wg.Wait()
	total.Took = time.Since(start)
	slices.Sort(total.lat)
	if total.Refused > 0 {
		fails = append(fails, fmt.Errorf("%d requests were not answered 200", total.Refused))
	}
	return &total, errors.Join(append(fails, ctx.Err())...)
}

// phase spreads the first sends of a fixed rate over its period.
func phase(s scenario, i int) time.Duration {
	if s.Rate == 0 {
		return 0
	}
	return time.Duration(i) * time.Second / time.Duration(s.Rate)
}

// conn is a keep-alive HTTP/1.1 connection that reads no more of an answer
// than it must: the generator shares the machine with what it measures.
type conn struct {
	net.Conn
	buf  []byte
	have int
}

func dial(ctx context.Context, addr string) (*conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return &conn{Conn: c, buf: make([]byte, 8<<10)}, nil
}

// repeat sends req until more says no. At a fixed rate, latency counts from
// the moment a request was due, not from when a late predecessor let it go.
func (c *conn) repeat(req *request, s scenario, due time.Time, more func() bool) (load, error) {
	var l load
	l.lat = make([]time.Duration, 0, 1<<12)
	for more() {
		sent := time.Now()
		if s.Rate > 0 {
			if early := due.Sub(sent); early > 0 {
				time.Sleep(early) // what the timer oversleeps is not the server's
				sent = time.Now()
			} else {
				sent = due
			}
			due = due.Add(time.Duration(s.Conns) * time.Second / time.Duration(s.Rate))
		}
		if _, err := c.Write(req.next()); err != nil {
			return l, fmt.Errorf("send: %w", err)
		}
		ok, err := c.answer()
		if err != nil {
			return l, fmt.Errorf("read answer: %w", err)
		}
		l.lat = append(l.lat, time.Since(sent))
		if ok {
			l.Events += int64(s.Batch)
		} else {
			l.Refused++
		}
	}
	return l, nil
}

var (
	headEnd       = []byte("\r\n\r\n")
	contentLength = []byte("\r\nContent-Length: ")
)

// answer reads one response and reports whether it was a 200.
func (c *conn) answer() (bool, error) {
	for {
		if end := bytes.Index(c.buf[:c.have], headEnd); end >= 0 {
			head := c.buf[:end]
			size := 0
			if i := bytes.Index(head, contentLength); i >= 0 {
				digits, _, _ := bytes.Cut(head[i+len(contentLength):], []byte("\r"))
				n, err := strconv.Atoi(string(digits))
				if err != nil {
					return false, fmt.Errorf("content length: %w", err)
				}
				size = n
			}
			if whole := end + len(headEnd) + size; c.have >= whole {
				ok := bytes.HasPrefix(head, []byte("HTTP/1.1 200"))
				c.have = copy(c.buf, c.buf[whole:c.have])
				return ok, nil
			}
		}
		if c.have == len(c.buf) {
			return false, errors.New("larger than 8 KB")
		}
		n, err := c.Read(c.buf[c.have:])
		c.have += n
		if err != nil {
			return false, err
		}
	}
}
