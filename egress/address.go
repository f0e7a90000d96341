package egress

import (
	"fmt"
	"net/netip"
	"strings"
)

// special are the ranges that lead inside a network, to the machine itself, to
// a cloud's metadata service or nowhere. Sources: the IANA registries of
// special-purpose addresses, and the clouds' documentation.
var special = []struct {
	prefix netip.Prefix
	what   string
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "this host"},
	{netip.MustParsePrefix("10.0.0.0/8"), "a private network"},
	{netip.MustParsePrefix("100.64.0.0/10"), "carrier-grade NAT"},
	{netip.MustParsePrefix("127.0.0.0/8"), "this machine"},
	{netip.MustParsePrefix("168.63.129.16/32"), "a cloud's metadata service"},
	{netip.MustParsePrefix("169.254.0.0/16"), "link-local, where clouds keep their metadata"},
	{netip.MustParsePrefix("172.16.0.0/12"), "a private network"},
	{netip.MustParsePrefix("192.0.0.0/24"), "protocol assignments"},
	{netip.MustParsePrefix("192.0.2.0/24"), "documentation"},
	{netip.MustParsePrefix("192.88.99.0/24"), "6to4 relays"},
	{netip.MustParsePrefix("192.168.0.0/16"), "a private network"},
	{netip.MustParsePrefix("198.18.0.0/15"), "benchmarking"},
	{netip.MustParsePrefix("198.51.100.0/24"), "documentation"},
	{netip.MustParsePrefix("203.0.113.0/24"), "documentation"},
	{netip.MustParsePrefix("224.0.0.0/4"), "multicast"},
	{netip.MustParsePrefix("240.0.0.0/4"), "reserved"},

	// ::/96 holds the unspecified and the loopback address and the obsolete
	// IPv4-compatible ones.
	{netip.MustParsePrefix("::/96"), "this machine or an embedded IPv4 address"},
	{netip.MustParsePrefix("::ffff:0:0:0/96"), "a translated IPv4 address"},
	{netip.MustParsePrefix("64:ff9b:1::/48"), "local NAT64"},
	{netip.MustParsePrefix("100::/64"), "discard-only"},
	{netip.MustParsePrefix("2001::/23"), "protocol assignments and Teredo"},
	{netip.MustParsePrefix("2001:db8::/32"), "documentation"},
	{netip.MustParsePrefix("3fff::/20"), "documentation"},
	{netip.MustParsePrefix("5f00::/16"), "segment routing"},
	{netip.MustParsePrefix("fc00::/7"), "a private network"},
	{netip.MustParsePrefix("fe80::/10"), "link-local"},
	{netip.MustParsePrefix("fec0::/10"), "site-local"},
	{netip.MustParsePrefix("ff00::/8"), "multicast"},
}

var (
	nat64     = netip.MustParsePrefix("64:ff9b::/96")
	sixToFour = netip.MustParsePrefix("2002::/16")
)

// checkAddr returns why a must not be dialled, or "".
func checkAddr(a netip.Addr, allow []netip.Prefix) string {
	if a.Zone() != "" {
		return "an address with a zone"
	}
	a = a.Unmap() // ::ffff:10.0.0.1 is dialled as 10.0.0.1
	for _, p := range allow {
		if p.Contains(a) {
			return ""
		}
	}
	for _, s := range special {
		if s.prefix.Contains(a) {
			return s.what
		}
	}
	// Gateways unpack these, so what is inside counts. The allow list does not
	// reach in: whoever allows 10.0.0.0/8 does not mean a detour.
	b := a.As16()
	switch {
	case nat64.Contains(a):
		if why := checkAddr(netip.AddrFrom4([4]byte(b[12:16])), nil); why != "" {
			return "NAT64 to " + why
		}
	case sixToFour.Contains(a):
		if why := checkAddr(netip.AddrFrom4([4]byte(b[2:6])), nil); why != "" {
			return "6to4 to " + why
		}
	}
	return ""
}

// RefusedError means that a request was not made because it is against the
// rules. It counts as secant.ReasonConnRefused.
type RefusedError struct {
	Host string // as asked for
	Addr netip.Addr
	Why  string
}

// Error says what was refused, why, and what an operator can do.
func (e *RefusedError) Error() string {
	switch {
	case e.Addr.IsValid() && e.Host != "" && e.Host != e.Addr.String():
		return fmt.Sprintf("%s is %s, which is not allowed (%s); to reach it on purpose, start Secant with --egress-allow %s",
			e.Host, e.Addr, e.Why, hostPrefix(e.Addr))
	case e.Addr.IsValid():
		return fmt.Sprintf("%s is not allowed (%s); to reach it on purpose, start Secant with --egress-allow %s",
			e.Addr, e.Why, hostPrefix(e.Addr))
	case e.Host != "":
		return fmt.Sprintf("%s is not allowed: %s", e.Host, e.Why)
	}
	return "request not allowed: " + e.Why
}

func hostPrefix(a netip.Addr) netip.Prefix {
	a = a.Unmap().WithZone("")
	return netip.PrefixFrom(a, a.BitLen())
}

// numericHost reports whether host is an IPv4 address in a spelling that some
// resolvers take for one (2130706433, 0x7f.1, 0177.0.0.1) though it is not in
// dotted decimal. By the URL standard a host whose last label is a number is an
// address or nothing.
func numericHost(host string) bool {
	host = strings.TrimSuffix(host, ".")
	last := host[strings.LastIndexByte(host, '.')+1:]
	if last == "" {
		return false
	}
	if hex, ok := strings.CutPrefix(strings.ToLower(last), "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(last, "0123456789") == ""
}
