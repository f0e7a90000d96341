// Package egress is the one HTTP client that may leave the house.
//
// It resolves a name once, refuses private, loopback, link-local and other
// special addresses unless the operator allowed them, and dials exactly the
// address it checked, so neither a redirect nor a name that changes its mind
// can make it talk to the inside of a network. It uses no proxy from the
// environment, caps what it reads, follows redirects only when asked and, when
// asked, records what was said with secrets redacted.
package egress

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Options say what a Client may do. The zero value is a strict client.
type Options struct {
	Allow    []netip.Prefix // special ranges that may be dialled all the same
	Version  string         // for the user agent "Secant/<Version>"; default "dev"
	Resolver Resolver       // default: the system's
	MaxBody  int64          // most bytes of a response body, decompressed; default 1 MiB
	Timeout  time.Duration  // of a request whose context has no deadline; default 30 s
	TLS      *tls.Config    // base TLS settings, for private authorities; may be nil
}

// Resolver looks up the addresses of a name. *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Defaults and limits.
const (
	defaultMaxBody = 1 << 20
	defaultTimeout = 30 * time.Second
	maxHeader      = 64 << 10         // response header bytes
	maxRedirects   = 3                // whatever a caller asks for
	dialTimeout    = 10 * time.Second // of one address
	// Idle connections kept per host: more than the engine ever has in flight
	// to one destination, so that steady traffic never dials.
	idlePerHost = 256
	idleTotal   = 4096
)

// ErrBodyTooLarge is what reading a response body over the limit ends with.
var ErrBodyTooLarge = errors.New("the response body is larger than the limit")

// Client makes HTTP requests to the outside. It is safe for concurrent use.
type Client struct {
	http      http.Client
	transport *http.Transport
	agent     string
	maxBody   int64
	timeout   time.Duration
}

// New returns a client. Close it to drop its idle connections.
func New(o Options) *Client {
	g := &guard{allow: o.Allow, resolver: o.Resolver}
	if g.resolver == nil {
		g.resolver = net.DefaultResolver
	}
	tr := &http.Transport{
		Proxy:                  nil, // a proxy would resolve names for us, unchecked
		DialContext:            g.dial,
		TLSClientConfig:        o.TLS.Clone(),
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           idleTotal,
		MaxIdleConnsPerHost:    idlePerHost,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		ExpectContinueTimeout:  time.Second,
		MaxResponseHeaderBytes: maxHeader,
		WriteBufferSize:        16 << 10, // header and a usual event in one write
		ReadBufferSize:         4 << 10,
	}
	c := &Client{
		transport: tr,
		agent:     "Secant/" + cmp.Or(o.Version, "dev"),
		maxBody:   cmp.Or(o.MaxBody, defaultMaxBody),
		timeout:   cmp.Or(o.Timeout, defaultTimeout),
	}
	c.http = http.Client{Transport: hop{tr}, CheckRedirect: checkRedirect}
	return c
}

// UserAgent returns the client's user agent, "Secant/<version>".
func (c *Client) UserAgent() string { return c.agent }

// Close drops idle connections. Requests under way go on.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// Do sends req as http.Client.Do would, within the rules. A request without a
// User-Agent gets the client's. The caller must close the response's body.
// Reading more of it than the limit ends with ErrBodyTooLarge. Reason tells the
// kind of an error.
func (c *Client) Do(req *http.Request) (*http.Response, error) {
	if err := checkURL(req.URL.Scheme, req.URL.Host); err != nil {
		return nil, err
	}
	if _, ok := req.Header["User-Agent"]; !ok {
		if req.Header == nil {
			req.Header = http.Header{}
		}
		req.Header["User-Agent"] = []string{c.agent}
	}
	var cancel context.CancelFunc
	if _, ok := req.Context().Deadline(); !ok {
		var ctx context.Context
		ctx, cancel = context.WithTimeout(req.Context(), c.timeout)
		req = req.WithContext(ctx)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		if cancel != nil {
			cancel()
		}
		// url.Error quotes the address, which may hold a secret.
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err
		}
		return nil, err
	}
	resp.Body = &cappedBody{ReadCloser: resp.Body, left: c.maxBody, cancel: cancel}
	return resp, nil
}

func checkURL(scheme, host string) error {
	if scheme != "http" && scheme != "https" {
		return &RefusedError{Host: host, Why: fmt.Sprintf("scheme %q is neither http nor https", scheme)}
	}
	if host == "" {
		return &RefusedError{Why: "the address has no host"}
	}
	return nil
}

type redirectsKey struct{}

// WithRedirects lets requests with the returned context follow up to n
// redirects (at most 3). Each hop is checked like the first request, none goes
// from https to http, and headers that could be credentials are not taken to
// another host. Without it a redirect is returned as the response.
func WithRedirects(ctx context.Context, n int) context.Context {
	return context.WithValue(ctx, redirectsKey{}, min(n, maxRedirects))
}

// carried are the headers that a redirect to another host keeps.
var carried = map[string]bool{
	"Accept": true, "Accept-Encoding": true, "Content-Type": true, "Content-Encoding": true, "User-Agent": true,
}

func checkRedirect(req *http.Request, via []*http.Request) error {
	n, _ := req.Context().Value(redirectsKey{}).(int)
	if n == 0 {
		return http.ErrUseLastResponse
	}
	if len(via) > n {
		return &RefusedError{Host: req.URL.Host, Why: fmt.Sprintf("more than %d redirects", n)}
	}
	if via[len(via)-1].URL.Scheme == "https" && req.URL.Scheme != "https" {
		return &RefusedError{Host: req.URL.Host, Why: "redirect from https to " + req.URL.Scheme}
	}
	if !strings.EqualFold(req.URL.Host, via[0].URL.Host) {
		for name := range req.Header {
			if !carried[name] {
				delete(req.Header, name)
			}
		}
	}
	return nil
}

// hop carries one request of a chain: the place where every redirect passes,
// is checked again and is recorded.
type hop struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (h hop) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := checkURL(req.URL.Scheme, req.URL.Host); err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	t, _ := req.Context().Value(traceKey{}).(*Trace)
	if t == nil {
		return h.next.RoundTrip(req)
	}
	r := t.begin(req)
	resp, err := h.next.RoundTrip(req)
	r.answered(resp, err)
	return resp, err
}

// cappedBody ends a body that is too long and frees its request's timer.
type cappedBody struct {
	io.ReadCloser
	left   int64
	cancel context.CancelFunc
}

func (b *cappedBody) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, ErrBodyTooLarge
	}
	// One byte more than is left tells a body of exactly the limit from a
	// longer one.
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n - 1, ErrBodyTooLarge
	}
	return n, err
}

func (b *cappedBody) Close() error {
	err := b.ReadCloser.Close()
	if b.cancel != nil {
		b.cancel()
	}
	return err
}
