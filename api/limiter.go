package api

import (
	"net/netip"
	"strings"
	"sync"
	"time"
)

// Limits on failed sign-ins: a person who mistypes never meets them, a program
// that guesses gets nowhere. An address has more, since an office shares one.
const (
	loginWindow   = 15 * time.Minute
	loginPerEmail = 10
	loginPerIP    = 50
	// limiterKeys bounds the memory that strangers can make the limiter use.
	// When it is full of live windows, the oldest are forgotten first.
	limiterKeys = 20_000
)

// limiter counts attempts in windows of time, by key. It is safe for
// concurrent use.
type limiter struct {
	now  func() time.Time
	mu   sync.Mutex
	seen map[string]*attempts
}

type attempts struct {
	n     int
	until time.Time // when the window ends
}

func newLimiter(now func() time.Time) *limiter {
	return &limiter{now: now, seen: map[string]*attempts{}}
}

// take counts an attempt against key and returns how long to wait when there
// have been max of them already, else 0. Attempts are counted before they are
// judged, so that many at once cannot slip through.
func (l *limiter) take(key string, most int) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	at := l.seen[key]
	if at == nil || !now.Before(at.until) {
		l.makeRoom(now)
		at = &attempts{until: now.Add(loginWindow)}
		l.seen[key] = at
	}
	if at.n >= most {
		return at.until.Sub(now)
	}
	at.n++
	return 0
}

// forget forgets the attempts against key, or only the last one.
func (l *limiter) forget(key string, all bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if at := l.seen[key]; all {
		delete(l.seen, key)
	} else if at != nil && at.n > 0 {
		at.n--
	}
}

func (l *limiter) makeRoom(now time.Time) {
	if len(l.seen) < limiterKeys {
		return
	}
	var oldest string
	for key, at := range l.seen {
		if !now.Before(at.until) {
			delete(l.seen, key)
		} else if oldest == "" || at.until.Before(l.seen[oldest].until) {
			oldest = key
		}
	}
	if len(l.seen) >= limiterKeys {
		delete(l.seen, oldest)
	}
}

// emailKey is the limiter's key of an e-mail address.
func emailKey(email string) string {
	if len(email) > 320 { // no address is longer, and keys take memory
		email = email[:320]
	}
	return "email:" + strings.ToLower(strings.TrimSpace(email))
}

// ipKey is the limiter's key of an address. One subscriber has a whole /64 of
// IPv6 to choose addresses from.
func ipKey(ip netip.Addr) string {
	if ip.Is6() && !ip.Is4In6() {
		if p, err := ip.WithZone("").Prefix(64); err == nil {
			return "ip:" + p.String()
		}
	}
	return "ip:" + ip.String()
}
