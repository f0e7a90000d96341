package api

import (
	"net/netip"
	"strconv"
	"testing"
	"time"
)

func TestLimiterForgets(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	l := newLimiter(func() time.Time { return now })
	for i := range limiterKeys + 100 {
		now = now.Add(time.Millisecond)
		l.take("k"+strconv.Itoa(i), 1)
	}
	if len(l.seen) > limiterKeys {
		t.Errorf("%d keys, want at most %d", len(l.seen), limiterKeys)
	}
	if l.take("k"+strconv.Itoa(limiterKeys+99), 1) == 0 {
		t.Error("the newest key was forgotten instead of the oldest")
	}
	now = now.Add(loginWindow)
	l.take("another", 1)
	if len(l.seen) != 1 {
		t.Errorf("%d keys after all windows ended", len(l.seen))
	}
}

func TestLimiterKeys(t *testing.T) {
	t.Parallel()
	same := func(a, b string) {
		t.Helper()
		if x, y := ipKey(netip.MustParseAddr(a)), ipKey(netip.MustParseAddr(b)); x != y {
			t.Errorf("%s and %s are told apart: %s, %s", a, b, x, y)
		}
	}
	same("2001:db8:1:2::1", "2001:db8:1:2:ffff::9")
	same("fe80::1%eth0", "fe80::2%eth1")
	if ipKey(netip.MustParseAddr("192.0.2.1")) == ipKey(netip.MustParseAddr("192.0.2.2")) {
		t.Error("two IPv4 addresses are one")
	}
	if emailKey(" Ada@Example.com ") != emailKey("ada@example.com") {
		t.Error("one address in two spellings is two")
	}
}
