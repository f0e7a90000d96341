package app

import (
	"net/http/httptest"
	"testing"
)

func TestLocal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, peer, host string
		header           string
		want             bool
	}{
		{"loopback", "127.0.0.1:5000", "127.0.0.1:8080", "", true},
		{"loopback by name", "127.0.0.1:5000", "localhost:8080", "", true},
		{"loopback IPv6", "[::1]:5000", "[::1]:8080", "", true},
		{"mapped loopback", "[::ffff:127.0.0.1]:5000", "localhost", "", true},
		{"another machine", "192.0.2.7:5000", "localhost:8080", "", false},
		{"through a proxy here", "127.0.0.1:5000", "localhost:8080", "X-Forwarded-For", false},
		{"through a standard proxy here", "127.0.0.1:5000", "localhost:8080", "Forwarded", false},
		{"a page that rebinds a name", "127.0.0.1:5000", "evil.example:8080", "", false},
		{"no address", "pipe", "localhost", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("GET", "/metrics", nil)
			r.RemoteAddr, r.Host = c.peer, c.host
			if c.header != "" {
				r.Header.Set(c.header, "192.0.2.7")
			}
			if got := local(r); got != c.want {
				t.Errorf("local = %v, want %v", got, c.want)
			}
		})
	}
}
