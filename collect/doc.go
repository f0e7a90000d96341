// Package collect is the door: it speaks Segment's HTTP Tracking API, its pixel
// and its CDN endpoints, so that every official SDK works with nothing but its
// host changed.
//
// A request is read once, checked, and each event in it brought into the one
// shape everything behind relies on (see normaliser); then all of them go to
// the Log, and only when that has made them durable is the answer
// 200 {"success":true}. Events that are not valid are kept as well, with the
// Reason that the pipeline will stop them for: an SDK must not be told, or it
// would send them again, but a person must see them. Nothing is kept of
// requests with another answer, and of events whose write key is nobody's; the
// Observer counts those.
package collect

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	secant "github.com/secantdev/secant"
)

// Log makes events durable. Append returns nil only when all of recs are on
// disk; it copies what it keeps before it returns. Any error means that the
// caller is told to come again.
type Log interface {
	Append(ctx context.Context, recs []secant.Record) error
}

// Workspace gives the newest picture of what is configured. It is asked once
// for each request.
type Workspace interface {
	Workspace() *secant.Workspace
}

// Observer hears about events that are not kept: n of them (1 for a request
// whose events could not be counted), why, and as far as known for which
// source, else with which write key (shortened to 128 bytes). It must not block.
type Observer interface {
	Refused(source, writeKey string, reason secant.Reason, n int)
}

// Options are what a Collector needs. Log, Workspace and Observer are required.
type Options struct {
	Log       Log
	Workspace Workspace
	Observer  Observer

	// StrictWriteKeys answers 401 when no event of a request has the write key
	// of a source; otherwise the answer is 200, as Segment's.
	StrictWriteKeys bool
	// TrustedProxies are the networks whose X-Forwarded-For, -Proto and -Host
	// headers are believed.
	TrustedProxies []netip.Prefix
	// PublicURL is where visitors reach this server, for example
	// "https://events.example.com"; when empty, each request's own host.
	PublicURL string
	// Limits are the sizes accepted; zero fields get their defaults.
	Limits Limits
	// Assets holds the browser bundle as web/analytics builds it; nil when the
	// program was built without.
	Assets fs.FS
	// Logger gets what an operator should know; nil for slog.Default.
	Logger *slog.Logger
	// Now is the clock that stamps events; nil for time.Now.
	Now func() time.Time
}

// Limits are sizes in bytes after decompression, and counts.
type Limits struct {
	Event       int           // one event, alone or in a batch: default 33,280 (Segment's 32 KB and a little slack)
	Batch       int           // the body of a batch: default 512,512
	Properties  int           // properties of one event; the rest is left out: default 10,000
	BodyTimeout time.Duration // for the whole body to arrive: default 30 s
}

// The slack over Segment's documented limits lets pass what an SDK's own
// counting, which leaves out a few bytes of the envelope, lets pass.
const slack = 512

func (l Limits) withDefaults() Limits {
	if l.Event == 0 {
		l.Event = 32<<10 + slack
	}
	if l.Batch == 0 {
		l.Batch = 512_000 + slack
	}
	if l.Properties == 0 {
		l.Properties = 10_000
	}
	if l.BodyTimeout == 0 {
		l.BodyTimeout = 30 * time.Second
	}
	return l
}

// Collector serves the Tracking API. It is safe for concurrent use.
type Collector struct {
	log       Log
	workspace Workspace
	observer  Observer
	strict    bool
	proxies   []netip.Prefix
	public    *publicURL
	limits    Limits
	bundle    *bundle
	logger    *slog.Logger
	now       func() time.Time
	rates     rates
	said      atomic.Int64 // when something was last logged, nanoseconds
}

// New returns a Collector. It panics when a required option is missing, and
// returns an error when PublicURL is no http(s) address or the assets are not
// what web/analytics builds.
func New(o Options) (*Collector, error) {
	if o.Log == nil || o.Workspace == nil || o.Observer == nil {
		panic("collect: Log, Workspace and Observer are required")
	}
	c := &Collector{
		log: o.Log, workspace: o.Workspace, observer: o.Observer,
		strict: o.StrictWriteKeys, proxies: o.TrustedProxies,
		limits: o.Limits.withDefaults(), logger: o.Logger, now: o.Now,
	}
	if c.logger == nil {
		c.logger = slog.Default()
	}
	if c.now == nil {
		c.now = time.Now
	}
	var err error
	if c.public, err = parsePublicURL(o.PublicURL); err != nil {
		return nil, err
	}
	if o.Assets != nil {
		if c.bundle, err = loadBundle(o.Assets); err != nil {
			return nil, fmt.Errorf("load browser bundle: %w", err)
		}
	}
	return c, nil
}

// publicURL is an address of this server as others see it.
type publicURL struct {
	scheme string
	host   string // with port and path, without a slash at the end
}

func (p *publicURL) String() string { return p.scheme + "://" + p.host }

func parsePublicURL(s string) (*publicURL, error) {
	if s == "" {
		return nil, nil
	}
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || !validHost(u.Host) || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, secant.Invalid("public-url", s, "must be an address like https://events.example.com")
	}
	return &publicURL{u.Scheme, u.Host + strings.TrimRight(u.EscapedPath(), "/")}, nil
}

// maySay reports whether to log what an operator must know, at most once a
// second: a full disk makes every request fail.
func (c *Collector) maySay() bool {
	now, last := time.Now().UnixNano(), c.said.Load()
	return now-last >= int64(time.Second) && c.said.CompareAndSwap(last, now)
}

// gone reports whether err only says that the client went away.
func gone(ctx context.Context, err error) bool {
	return ctx.Err() != nil && errors.Is(err, ctx.Err())
}
