package egress

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// guard dials only addresses that it has checked.
type guard struct {
	allow    []netip.Prefix
	resolver Resolver
}

// dial resolves addr's host once, drops the addresses that are not allowed and
// tries the others in order, sharing what is left of the time between them.
func (g *guard) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("split address: %w", err)
	}
	addrs, err := g.resolve(ctx, host)
	if err != nil {
		return nil, err
	}
	var failed error
	for i, a := range addrs {
		conn, err := g.dialOne(ctx, network, a, port, len(addrs)-i)
		if err == nil {
			return conn, nil
		}
		if failed == nil {
			failed = err
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, failed
}

func (g *guard) dialOne(ctx context.Context, network string, a netip.Addr, port string, left int) (net.Conn, error) {
	limit := dialTimeout
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(deadline)/time.Duration(left))
	}
	d := net.Dialer{
		Timeout:   limit,
		KeepAlive: 15 * time.Second,
		// The last word before the kernel's: what is dialled is what was
		// checked, whatever the code above becomes.
		ControlContext: func(_ context.Context, _, dialled string, _ syscall.RawConn) error {
			ap, err := netip.ParseAddrPort(dialled)
			if err != nil {
				return fmt.Errorf("check address: %w", err)
			}
			if why := checkAddr(ap.Addr(), g.allow); why != "" {
				return &RefusedError{Addr: ap.Addr(), Why: why}
			}
			return nil
		},
	}
	return d.DialContext(ctx, network, net.JoinHostPort(a.String(), port))
}

// resolve returns the allowed addresses of host, unmapped. The error of a host
// that has only others is a RefusedError for the first.
func (g *guard) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	var found []netip.Addr
	if a, err := netip.ParseAddr(host); err == nil {
		found = []netip.Addr{a}
	} else if numericHost(host) {
		return nil, &RefusedError{Host: host, Why: "write an IPv4 address in dotted decimal, like 203.0.113.7"}
	} else if found, err = g.resolver.LookupNetIP(ctx, "ip", host); err != nil {
		var dns *net.DNSError
		if !errors.As(err, &dns) {
			err = fmt.Errorf("look up %s: %w", host, err)
		}
		return nil, err
	}
	var allowed []netip.Addr
	var refused error
	for _, a := range found {
		if why := checkAddr(a, g.allow); why == "" {
			allowed = append(allowed, a.Unmap())
		} else if refused == nil {
			refused = &RefusedError{Host: host, Addr: a.Unmap(), Why: why}
		}
	}
	switch {
	case len(allowed) > 0:
		return allowed, nil
	case refused != nil:
		return nil, refused
	}
	return nil, &net.DNSError{Err: "no addresses", Name: host, IsNotFound: true}
}
