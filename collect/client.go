package collect

import (
	"encoding/base64"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// clientIP returns the visitor's address as events carry it. It is empty when
// that is no IPv4 address: like Segment, Secant does not collect IPv6
// addresses, which name one device for months.
func (c *Collector) clientIP(r *http.Request) string {
	addr := c.ClientAddr(r)
	if !addr.Is4() {
		return ""
	}
	return addr.String()
}

// ClientAddr returns the address a request comes from: the peer's, or, when the
// peer is a trusted proxy, the last address in X-Forwarded-For that is none. It
// is the zero Addr when the peer has no address.
func (c *Collector) ClientAddr(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	addr := peer.Addr().Unmap()
	if c.trusted(addr) {
		addr = c.forwardedFor(addr, r.Header["X-Forwarded-For"])
	}
	return addr
}

func (c *Collector) trusted(a netip.Addr) bool {
	for _, p := range c.proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// forwardedFor walks the hops from the nearest one on. What a hop that is not
// trusted claims about those before it is not believed.
func (c *Collector) forwardedFor(nearest netip.Addr, headers []string) netip.Addr {
	for i := len(headers) - 1; i >= 0; i-- {
		hops := headers[i]
		for hops != "" {
			var hop string
			if comma := strings.LastIndexByte(hops, ','); comma >= 0 {
				hops, hop = hops[:comma], hops[comma+1:]
			} else {
				hops, hop = "", hops
			}
			addr, ok := parseHop(strings.TrimSpace(hop))
			if !ok {
				return nearest
			}
			if nearest = addr; !c.trusted(addr) {
				return nearest
			}
		}
	}
	return nearest
}

// parseHop reads an address with or without a port.
func parseHop(s string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return a.Unmap(), true
	}
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap(), true
	}
	return netip.Addr{}, false
}

// origin returns the address under which the client reaches this server, for
// the documents that tell SDKs where to send; nil when it makes no sense.
func (c *Collector) origin(r *http.Request) *publicURL {
	if c.public != nil {
		return c.public
	}
	o := publicURL{scheme: "http", host: r.Host}
	if r.TLS != nil {
		o.scheme = "https"
	}
	if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil && c.trusted(peer.Addr().Unmap()) {
		if proto := firstOf(r.Header.Get("X-Forwarded-Proto")); proto == "http" || proto == "https" {
			o.scheme = proto
		}
		if host := firstOf(r.Header.Get("X-Forwarded-Host")); host != "" {
			o.host = host
		}
	}
	if !validHost(o.host) {
		return nil
	}
	return &o
}

func firstOf(list string) string {
	first, _, _ := strings.Cut(list, ",")
	return strings.TrimSpace(first)
}

// validHost reports whether s is a host name or address, with or without a
// port: nothing that could end a string in JSON or in a script.
func validHost(s string) bool {
	if s == "" || len(s) > 255+6 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '.', c == '-', c == '_', c == ':', c == '[', c == ']':
		default:
			return false
		}
	}
	if host, _, err := net.SplitHostPort(s); err == nil {
		return host != ""
	}
	return true
}

// basicKey returns the write key in an Authorization: Basic header, in buf's
// memory when it fits: the user name, with or without a colon and password
// behind it. A Bearer token says who is calling, never which source it is for.
func basicKey(header string, buf []byte) []byte {
	const scheme = "basic "
	if len(header) <= len(scheme) || !strings.EqualFold(header[:len(scheme)], scheme) {
		return nil
	}
	encoded := strings.TrimRight(strings.TrimSpace(header[len(scheme):]), "=")
	if len(encoded) > 1024 {
		return nil
	}
	key, err := base64.RawStdEncoding.AppendDecode(buf[:0], []byte(encoded))
	if err != nil {
		if key, err = base64.RawURLEncoding.AppendDecode(buf[:0], []byte(encoded)); err != nil {
			return nil
		}
	}
	for i, c := range key {
		if c == ':' {
			return key[:i]
		}
	}
	return key
}

// queryKey returns the writeKey parameter of an address.
func queryKey(rawQuery string) string {
	if !strings.Contains(rawQuery, "writeKey=") {
		return ""
	}
	q, _ := url.ParseQuery(rawQuery) // what can be read is enough
	return q.Get("writeKey")
}
