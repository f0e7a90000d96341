package shortcut

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// started is a server whose handler echoes what it got, and how.
type started struct {
	*Server
	addr string
	done chan error
}

func start(t *testing.T, h http.Handler) *started {
	t.Helper()
	return startWith(t, &http.Server{Handler: h, ReadHeaderTimeout: time.Second, IdleTimeout: 5 * time.Second})
}

func startWith(t *testing.T, standard *http.Server) *started {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &started{
		Server: &Server{Standard: standard, Prefix: "/v1/", MaxBody: 1 << 20},
		addr:   l.Addr().String(), done: make(chan error, 1),
	}
	go func() { s.done <- s.Serve(l) }()
	t.Cleanup(func() {
		_ = s.Close()
		if err := <-s.done; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve returned %v", err)
		}
	})
	return s
}

// echo answers with the request as it was understood; the header Way says who
// understood it.
var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	way := "net/http"
	if _, ok := w.(*response); ok {
		way = "shortcut"
	}
	w.Header().Set("Way", way)
	w.Header().Set("Content-Type", "text/plain")
	w.Header().Set("Evil", "a\r\nb")
	fmt.Fprintf(w, "%s %s %s %s %d %v %q %v", r.Method, r.URL, r.Host, r.RequestURI, r.ContentLength, r.Header, body, err)
})

func dial(t *testing.T, addr string) (net.Conn, *bufio.Reader) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c, bufio.NewReader(c)
}

func answer(t *testing.T, in *bufio.Reader) (*http.Response, string) {
	t.Helper()
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

const plain = "POST /v1/track HTTP/1.1\r\nHost: a.example:80\r\nContent-Type: text/plain\r\ncontent-length: 5\r\nX-Y: 1 2\r\n\r\nhello"

// TestWays sends requests both ways and compares what the handler saw.
func TestWays(t *testing.T) {
	t.Parallel()
	s := start(t, echo)
	standard := &http.Server{Handler: echo}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = standard.Serve(l) }()
	t.Cleanup(func() { _ = standard.Close() })
	for name, c := range map[string]struct{ text, way string }{
		"plain":         {plain, "shortcut"},
		"no body":       {"POST /v1/track HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "shortcut"},
		"keep-alive":    {strings.Replace(plain, "X-Y", "Connection: Keep-Alive\r\nX-Y", 1), "shortcut"},
		"other path":    {strings.Replace(plain, "/v1/", "/v2/", 1), "net/http"},
		"query":         {strings.Replace(plain, "track", "track?a=b", 1), "net/http"},
		"escapes":       {strings.Replace(plain, "track", "tr%61ck", 1), "net/http"},
		"get":           {strings.Replace(plain, "POST", "GET", 1), "net/http"},
		"chunked":       {"POST /v1/track HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "net/http"},
		"both lengths":  {"POST /v1/track HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "net/http"},
		"close":         {strings.Replace(plain, "X-Y", "Connection: close\r\nX-Y", 1), "net/http"},
		"expect":        {strings.Replace(plain, "X-Y: 1 2", "Expect: 200-maybe", 1), ""},
		"twice":         {strings.Replace(plain, "X-Y", "X-y: 0\r\nX-Y", 1), "net/http"},
		"http/1.0":      {strings.Replace(plain, "HTTP/1.1", "HTTP/1.0", 1), "net/http"},
		"folded":        {strings.Replace(plain, "1 2", "1\r\n 2", 1), "net/http"},
		"bare newlines": {strings.ReplaceAll(plain, "\r\n", "\n"), "net/http"},
		"two hosts":     {strings.Replace(plain, "X-Y", "Host: b\r\nX-Y", 1), ""},
		"no host":       {strings.Replace(plain, "Host: a.example:80\r\n", "", 1), ""},
		"odd length":    {strings.Replace(plain, "length: 5", "length: +5", 1), ""},
		"space in name": {strings.Replace(plain, "X-Y:", "X-Y :", 1), ""},
		"nul":           {strings.Replace(plain, "1 2", "1\x002", 1), ""},
		"long head":     {strings.Replace(plain, "1 2", strings.Repeat("x", 20<<10), 1), "net/http"},
		"large body":    {"POST /v1/track HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n" + strings.Repeat("x", 300_000), "shortcut"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ask := func(addr string) (*http.Response, string) {
				conn, in := dial(t, addr)
				if _, err := io.WriteString(conn, c.text); err != nil {
					t.Fatal(err)
				}
				return answer(t, in)
			}
			got, gotBody := ask(s.addr)
			want, wantBody := ask(l.Addr().String())
			if way := got.Header.Get("Way"); way != c.way {
				t.Errorf("served by %q, want %q", way, c.way)
			}
			if got.StatusCode != want.StatusCode || gotBody != wantBody {
				t.Errorf("answer\n%d %s\nnet/http alone\n%d %s", got.StatusCode, gotBody, want.StatusCode, wantBody)
			}
			got.Header.Del("Way")
			want.Header.Del("Way")
			got.Header.Del("Date")
			want.Header.Del("Date")
			got.Header.Del("Content-Length") // net/http sends small answers so, large ones in chunks
			want.Header.Del("Content-Length")
			if !reflect.DeepEqual(got.Header, want.Header) {
				t.Errorf("headers\n%v\nnet/http alone\n%v", got.Header, want.Header)
			}
		})
	}
}

// TestConnection sends one request after the other over one connection, byte by
// byte and several at once, and ends with one for net/http.
func TestConnection(t *testing.T) {
	t.Parallel()
	s := start(t, echo)
	conn, in := dial(t, s.addr)
	for i := range len(plain) {
		if _, err := io.WriteString(conn, plain[i:i+1]); err != nil {
			t.Fatal(err)
		}
		runtime.Gosched()
	}
	get := "GET /v1/x HTTP/1.1\r\nHost: b\r\n\r\n"
	other := strings.Replace(plain, "X-Y: 1 2\r\n", "Z: 3\r\n", 1)
	if _, err := io.WriteString(conn, plain+other+plain+get+plain); err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct{ way, holds, not string }{
		{"shortcut", `X-Y:[1 2]`, "Z:"}, {"shortcut", `X-Y:[1 2]`, "Z:"}, {"shortcut", "Z:[3]", "X-Y"},
		{"shortcut", `X-Y:[1 2]`, "Z:"}, {"net/http", "GET /v1/x b", "hello"}, {"net/http", `"hello"`, "Z:"},
	} {
		resp, body := answer(t, in)
		if way := resp.Header.Get("Way"); way != want.way || !strings.Contains(body, want.holds) || strings.Contains(body, want.not) {
			t.Errorf("answer %d by %s: %s", i, way, body)
		}
	}
}

// TestHandlerLeavesBody: what a handler does not read is no request.
func TestHandlerLeavesBody(t *testing.T) {
	t.Parallel()
	s := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(r.URL.Path)) }))
	conn, in := dial(t, s.addr)
	inner := "POST /v1/smuggled HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
	fmt.Fprintf(conn, "POST /v1/a HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", len(inner), inner)
	fmt.Fprintf(conn, "POST /v1/b HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n")
	for _, want := range []string{"/v1/a", "/v1/b"} {
		resp, body := answer(t, in)
		if body != want || resp.Close != (want == "/v1/b") {
			t.Errorf("answer %q (close %v), want %q", body, resp.Close, want)
		}
	}
	if _, err := in.ReadByte(); err == nil {
		t.Error("a connection with much of a body unread goes on")
	}
}

func TestSlowClients(t *testing.T) {
	t.Parallel()
	s := startWith(t, &http.Server{ReadHeaderTimeout: 100 * time.Millisecond, IdleTimeout: 200 * time.Millisecond, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
			t.Error(err)
		}
		_, err := io.ReadAll(r.Body)
		fmt.Fprint(w, err)
	})})
	for name, text := range map[string]string{"head": plain[:30], "idle": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, in := dial(t, s.addr)
			_, _ = io.WriteString(conn, text)
			if _, err := in.ReadByte(); err == nil {
				t.Error("answered")
			}
		})
	}
	t.Run("body", func(t *testing.T) {
		t.Parallel()
		conn, in := dial(t, s.addr)
		_, _ = io.WriteString(conn, plain[:len(plain)-1])
		if resp, body := answer(t, in); !strings.Contains(body, "timeout") || !resp.Close {
			t.Errorf("answer %q, close %v", body, resp.Close)
		}
	})
}

// TestPanic: the connection is closed, the server goes on.
func TestPanic(t *testing.T) {
	t.Parallel()
	s := start(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	for range 2 {
		conn, in := dial(t, s.addr)
		_, _ = io.WriteString(conn, plain)
		if _, err := in.ReadByte(); err == nil {
			t.Error("answered")
		}
	}
}

// TestShutdown lets the request in hand end, closes what is idle on either way,
// and accepts nobody new.
func TestShutdown(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}), make(chan struct{})
	s := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/slow" {
			close(arrived)
			<-release
		}
		_, _ = w.Write([]byte("ok"))
	}))
	idle, idleIn := dial(t, s.addr)
	_, _ = io.WriteString(idle, plain)
	answer(t, idleIn)
	standard, standardIn := dial(t, s.addr)
	_, _ = io.WriteString(standard, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	answer(t, standardIn)
	busy, busyIn := dial(t, s.addr)
	_, _ = io.WriteString(busy, strings.Replace(plain, "track", "slow", 1))
	<-arrived
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if _, err := idleIn.ReadByte(); err == nil {
		t.Error("the idle connection was answered")
	}
	close(release)
	if resp, body := answer(t, busyIn); body != "ok" || !resp.Close {
		t.Errorf("the request in hand: %q, close %v", body, resp.Close)
	}
	if _, err := standardIn.ReadByte(); err == nil {
		t.Error("the idle connection of net/http was answered")
	}
	wg.Wait()
	if c, err := net.Dial("tcp", s.addr); err == nil {
		_ = c.Close()
		t.Error("a connection was accepted after Shutdown")
	}
}

// FuzzHead holds the claim that makes the package safe: whatever is taken here,
// net/http reads the same from the same bytes.
func FuzzHead(f *testing.F) {
	f.Add([]byte(plain))
	f.Add([]byte(strings.Replace(plain, "X-Y", "x-y: 0\r\nX-Y", 1)))
	f.Add([]byte("POST /v1/b HTTP/1.1\r\nHost: h\r\nContent-Length: 007\r\nConnection: keep-alive\r\nA:\t b \r\nB: \r\n\r\n{\"a\":1}"))
	f.Add([]byte("POST /v1/../x//y HTTP/1.1\r\nhost: h:1\r\nContent-Length: 0\r\nAuthorization: Basic d2s6\r\n\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		var h head
		// The memory of another request must not show.
		h.parse([]byte(plain), "/v1/", 1<<20)
		v := h.parse(text, "/v1/", 1<<20)
		if v != take {
			return
		}
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(text)))
		if err != nil {
			t.Fatalf("net/http refuses what was taken: %v", err)
		}
		if r.Method != http.MethodPost || r.RequestURI != h.path || r.URL.String() != h.path || r.Host != h.host || r.ContentLength != h.length ||
			len(r.TransferEncoding) > 0 || r.Close || r.Proto != "HTTP/1.1" {
			t.Errorf("net/http reads %+v, here %+v", r, h)
		}
		got := http.Header{}
		for _, l := range h.headers {
			got[l.name] = l.value
		}
		if !reflect.DeepEqual(got, r.Header) {
			t.Errorf("headers %v, net/http has %v", got, r.Header)
		}
	})
}
