package egress_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/egress"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// names is a resolver with answers of its own; each look-up takes the next.
type names struct {
	answers map[string][][]netip.Addr
	asked   atomic.Int32
}

func (n *names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	n.asked.Add(1)
	list := n.answers[host]
	if len(list) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	if len(list) > 1 {
		n.answers[host] = list[1:]
	}
	return list[0], nil
}

func addrs(list ...string) [][]netip.Addr {
	var one []netip.Addr
	for _, s := range list {
		one = append(one, netip.MustParseAddr(s))
	}
	return [][]netip.Addr{one}
}

func get(t *testing.T, c *egress.Client, ctx context.Context, address string) (*http.Response, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err == nil {
		t.Cleanup(func() { resp.Body.Close() })
	}
	return resp, err
}

func TestRefusesTheInside(t *testing.T) {
	t.Parallel()
	c := egress.New(egress.Options{Resolver: &names{answers: map[string][][]netip.Addr{
		"inside.example": addrs("10.1.2.3"), "both.example": addrs("192.168.0.1", "fd00::1"),
		"zone.example": addrs("fe80::1%eth0"), "localhost": addrs("127.0.0.1", "::1"),
	}}})
	t.Cleanup(c.Close)
	for _, host := range []string{
		"127.0.0.1", "127.1.2.3", "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255",
		"192.168.1.1", "192.0.0.192", "192.0.2.1", "198.18.0.1", "203.0.113.1", "224.0.0.1", "255.255.255.255", "100.100.100.200", "168.63.129.16",
		"[::1]", "[::]", "[::127.0.0.1]", "[::ffff:127.0.0.1]", "[::ffff:a9fe:a9fe]", "[64:ff9b::127.0.0.1]", "[64:ff9b::a9fe:a9fe]",
		"[64:ff9b:1::1]", "[2002:7f00:1::]", "[2002:a9fe:a9fe::1]", "[2001::1]", "[fc00::1]", "[fd00:ec2::254]", "[fe80::1]", "[fe80::1%25lo]",
		"[ff02::1]", "[::ffff:0:127.0.0.1]", "[2001:db8::1]", "[fec0::1]",
		"2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "017700000001", "127.0.0.1.", "0X7F.0.0.1", "1.1.1.256",
		"localhost", "inside.example", "both.example", "zone.example",
	} {
		_, err := get(t, c, t.Context(), "http://"+host+"/")
		var refused *egress.RefusedError
		if !errors.As(err, &refused) {
			t.Errorf("%s: %v, want a refusal", host, err)
			continue
		}
		if egress.Reason(err) != secant.ReasonConnRefused {
			t.Errorf("%s: counted as %s", host, egress.Reason(err))
		}
	}
}

func TestRefusesOtherSchemes(t *testing.T) {
	t.Parallel()
	c := egress.New(egress.Options{})
	for _, address := range []string{"ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "//example.com"} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		var refused *egress.RefusedError
		if _, err := c.Do(&http.Request{Method: "GET", URL: u}); !errors.As(err, &refused) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	t.Parallel()
	c := egress.New(egress.Options{Resolver: &names{answers: map[string][][]netip.Addr{"db.internal": addrs("10.1.2.3")}}})
	_, err := get(t, c, t.Context(), "http://db.internal/?apiKey=hunter22")
	want := "db.internal is 10.1.2.3, which is not allowed (a private network); to reach it on purpose, start Secant with --egress-allow 10.1.2.3/32"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestAllowListReachesOnlyWhatItNames(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(s.Close)
	port := s.URL[strings.LastIndexByte(s.URL, ':'):]
	c := egress.New(egress.Options{Allow: loopback, Resolver: &names{answers: map[string][][]netip.Addr{
		"mixed.example": addrs("::1", "10.0.0.1", "127.0.0.1"),
	}}})
	t.Cleanup(c.Close)
	for _, host := range []string{"127.0.0.1", "[::ffff:127.0.0.1]", "mixed.example"} {
		if _, err := get(t, c, t.Context(), "http://"+host+port); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	for _, host := range []string{"[::1]", "10.0.0.1", "[64:ff9b::127.0.0.1]", "2130706433"} {
		if _, err := get(t, c, t.Context(), "http://"+host+port); err == nil {
			t.Errorf("%s is reached", host)
		}
	}
}

// TestNameThatChangesItsMind: the address that was checked is the one dialled,
// so a second answer of the name server cannot lead inside.
func TestNameThatChangesItsMind(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("reached") }))
	t.Cleanup(s.Close)
	port := s.URL[strings.LastIndexByte(s.URL, ':'):]
	// 127.9.9.9 is allowed and nobody listens there; 127.0.0.1 is not allowed.
	n := &names{answers: map[string][][]netip.Addr{"rebind.example": append(addrs("127.9.9.9"), addrs("127.0.0.1")...)}}
	c := egress.New(egress.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.9.9.9/32")}, Resolver: n})
	t.Cleanup(c.Close)
	_, err := get(t, c, t.Context(), "http://rebind.example"+port)
	if egress.Reason(err) != secant.ReasonConnRefused || n.asked.Load() != 1 {
		t.Errorf("%v after %d look-ups", err, n.asked.Load())
	}
	var refused *egress.RefusedError
	if _, err := get(t, c, t.Context(), "http://rebind.example"+port); !errors.As(err, &refused) {
		t.Errorf("the second answer: %v", err)
	}
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	var seen http.Header
	end := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r.Header }))
	t.Cleanup(end.Close)
	var target atomic.Value
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, target.Load().(string), http.StatusFound)
	}))
	t.Cleanup(s.Close)
	c := egress.New(egress.Options{Allow: loopback})
	t.Cleanup(c.Close)
	follow := egress.WithRedirects(t.Context(), 100)

	target.Store(end.URL)
	resp, err := get(t, c, t.Context(), s.URL)
	if err != nil || resp.StatusCode != http.StatusFound || seen != nil {
		t.Errorf("unasked: %v, %v", resp, err)
	}

	req, err := http.NewRequestWithContext(follow, http.MethodGet, s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Api-Key", "hunter22")
	req.Header.Set("Accept", "text/plain")
	resp, err = c.Do(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("asked: %v, %v", resp, err)
	}
	resp.Body.Close()
	if seen.Get("X-Api-Key") != "" || seen.Get("Accept") != "text/plain" {
		t.Errorf("another host got %v", seen)
	}

	for _, to := range []string{"http://169.254.169.254/latest/meta-data", "http://[::1]/", "http://0x7f.1/", "file:///etc/passwd", s.URL} {
		target.Store(to)
		var refused *egress.RefusedError
		if _, err := get(t, c, follow, s.URL); !errors.As(err, &refused) {
			t.Errorf("redirect to %s: %v", to, err)
		}
	}
}

func TestNoWayFromHTTPSBackToHTTP(t *testing.T) {
	t.Parallel()
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("reached") }))
	t.Cleanup(plain.Close)
	s := httptest.NewTLSServer(http.RedirectHandler(plain.URL, http.StatusFound))
	t.Cleanup(s.Close)
	tr, ok := s.Client().Transport.(*http.Transport)
	if !ok {
		t.Fatal("no transport")
	}
	c := egress.New(egress.Options{Allow: loopback, TLS: tr.TLSClientConfig})
	t.Cleanup(c.Close)
	var refused *egress.RefusedError
	if _, err := get(t, c, egress.WithRedirects(t.Context(), 3), s.URL); !errors.As(err, &refused) {
		t.Errorf("got %v", err)
	}
}

func TestCapsTheBody(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := 1000
		if r.URL.Path == "/long" {
			n = 1001
		}
		w.Write(make([]byte, n))
	}))
	t.Cleanup(s.Close)
	c := egress.New(egress.Options{Allow: loopback, MaxBody: 1000})
	t.Cleanup(c.Close)
	resp, err := get(t, c, t.Context(), s.URL)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(resp.Body); len(b) != 1000 || err != nil {
		t.Errorf("read %d, %v", len(b), err)
	}
	if resp, err = get(t, c, t.Context(), s.URL+"/long"); err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(resp.Body); len(b) != 1000 || !errors.Is(err, egress.ErrBodyTooLarge) {
		t.Errorf("read %d, %v", len(b), err)
	}
}

func TestCapsTheHeader(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Long", strings.Repeat("x", 100<<10))
	}))
	t.Cleanup(s.Close)
	c := egress.New(egress.Options{Allow: loopback})
	t.Cleanup(c.Close)
	if _, err := get(t, c, t.Context(), s.URL); err == nil {
		t.Error("100 KB of header are read")
	}
}

func TestUsesNoProxy(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the proxy was asked") }))
	t.Cleanup(proxy.Close)
	t.Setenv("HTTP_PROXY", proxy.URL)
	c := egress.New(egress.Options{Resolver: &names{}})
	t.Cleanup(c.Close)
	if _, err := get(t, c, t.Context(), "http://nowhere.example/"); egress.Reason(err) != secant.ReasonNameNotFound {
		t.Errorf("got %v", err)
	}
}

func TestReasons(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/hang":
			<-release
		case "/reset":
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			conn.Close()
		}
	}))
	t.Cleanup(s.Close)
	t.Cleanup(func() { close(release) })
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	c := egress.New(egress.Options{Allow: loopback, Resolver: &names{}})
	t.Cleanup(c.Close)
	impatient := egress.New(egress.Options{Allow: loopback, Timeout: 100 * time.Millisecond})
	t.Cleanup(impatient.Close)
	for address, want := range map[string]secant.Reason{
		s.URL + "/hang":                            secant.ReasonTimeout,
		s.URL + "/reset":                           secant.ReasonConnReset,
		"http://" + gone.Addr().String():           secant.ReasonConnRefused,
		"http://nowhere.example/":                  secant.ReasonNameNotFound,
		strings.Replace(s.URL, "http", "https", 1): secant.ReasonRetry,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		client := c
		if want == secant.ReasonTimeout {
			client = impatient
		}
		_, err = client.Do(req)
		if got := egress.Reason(err); got != want {
			t.Errorf("%s: %s (%v), want %s", address, got, err, want)
		}
	}
	if egress.Reason(nil) != secant.ReasonNone {
		t.Error("no error has a reason")
	}
}

func TestTraceHidesSecrets(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Set-Cookie", "sid=abc")
		w.WriteHeader(http.StatusTeapot)
		io.WriteString(w, "you sent hunter22")
	}))
	t.Cleanup(s.Close)
	c := egress.New(egress.Options{Allow: loopback, Version: "1.2"})
	t.Cleanup(c.Close)
	trace := &egress.Trace{Secrets: []string{"hunter22", "x"}, SecretHeaders: []string{"x-team"}}
	address := strings.Replace(s.URL, "://", "://me:pw1234@", 1) + "/a?api_key=k&token=t&page=x"
	req, err := http.NewRequestWithContext(egress.WithTrace(t.Context(), trace), http.MethodPost, address, strings.NewReader("body with hunter22"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer hunter22")
	req.Header.Set("X-Custom", "hunter22")
	req.Header.Set("X-Team", "7")
	req.Header.Set("Proxy-Authorization", "Bearer hunter22")
	req.Header.Set("X-Signature", "abcdef")
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(resp.Body); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if trace.Len() != 1 {
		t.Fatalf("%d exchanges", trace.Len())
	}
	e := trace.Last()
	if want := strings.Replace(s.URL, "://", "://••••@", 1) + "/a?api_key=••••&token=••••&page=x"; e.Request.URL != want {
		t.Errorf("URL %s, want %s", e.Request.URL, want)
	}
	h := func(m map[string][]string, name string) string { return strings.Join(m[name], "|") }
	for name, want := range map[string]string{
		"Authorization": "Bearer ••••", "X-Custom": "••••", "X-Team": "••••", "Proxy-Authorization": "••••", "X-Signature": "abcdef", "User-Agent": "Secant/1.2",
	} {
		if got := h(e.Request.Headers, name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if e.Request.Body != "body with ••••" || e.Response.Body != "you sent ••••" || e.Response.Status != 418 ||
		h(e.Response.Headers, "Set-Cookie") != "••••" || e.DurationMs <= 0 {
		t.Errorf("exchange: %+v %+v", e, e.Response)
	}
	if got := trace.Redact("hunter22!"); got != "••••!" {
		t.Error(got)
	}
}

func TestTraceCutsBodies(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.Write(b)
	}))
	t.Cleanup(s.Close)
	c := egress.New(egress.Options{Allow: loopback})
	t.Cleanup(c.Close)
	trace := &egress.Trace{}
	body := "x" + strings.Repeat("ä", 10<<10)
	req, err := http.NewRequestWithContext(egress.WithTrace(t.Context(), trace), http.MethodPost, s.URL, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, err := io.ReadAll(resp.Body); string(b) != body || err != nil {
		t.Fatalf("read %d bytes, %v", len(b), err)
	}
	e := trace.Last()
	if len(e.Request.Body) != 16<<10-1 || !e.Request.Truncated || e.Response.Body != e.Request.Body || !e.Response.Truncated {
		t.Errorf("shown: %d and %d bytes", len(e.Request.Body), len(e.Response.Body))
	}
}

func TestTraceRecordsWhatNeverArrived(t *testing.T) {
	t.Parallel()
	c := egress.New(egress.Options{Resolver: &names{}})
	trace := &egress.Trace{}
	if _, err := get(t, c, egress.WithTrace(t.Context(), trace), "http://nowhere.example/"); err == nil {
		t.Fatal("reached")
	}
	if e := trace.Last(); e == nil || e.Response != nil || !strings.Contains(e.Error, "no such host") {
		t.Errorf("exchange: %+v", e)
	}
}

func TestSecretName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"Authorization": true, "X-Api-Key": true, "api_key": true, "key": true, "Cookie": true, "X-Auth-Token": true,
		"client_secret": true, "X-Amz-Credential": true, "sig": true, "X-Signature": false, "Content-Type": false,
		"page": false, "X-Author": false, "keyword": false, "Accept": false,
	} {
		if egress.SecretName(name) != want {
			t.Errorf("SecretName(%q) is %v", name, !want)
		}
	}
}
