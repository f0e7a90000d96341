// Package app wires Secant together: it opens the store and the logs, starts
// the engines, serves the routes and stops everything in order. It is the only
// package that knows every other one, and holds no logic of its own.
package app

import (
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"net/url"
	"time"

	"github.com/secantdev/secant"
)

// Options say how to run a server. Zero values mean what the field's comment
// says; durations of zero are not replaced where zero has a meaning.
type Options struct {
	DataDir     string // everything Secant keeps; created when missing
	Listen      string // HOST:PORT of the collector and, without AdminListen, of everything else
	AdminListen string // HOST:PORT of the console, the API, metrics and profiles; empty for Listen
	ConfigFile  string // workspace file applied at start; empty for none
	Demo        bool   // add the demo source and serve the demo shop
	PublicURL   string // scheme and host that browsers reach the collector at; empty: as each request says
	AdminToken  string // bootstrap API token with the owner's role; empty for none

	EgressAllow     []netip.Prefix // private ranges that destinations may reach
	TrustedProxies  []netip.Prefix // proxies whose forwarding headers are believed
	StrictWriteKeys bool           // 401 for an unknown write key
	TLS             TLSOptions

	Partitions    int           // lanes of the log; fixed once the data directory exists
	RetainAge     time.Duration // age at which log files are deleted, 0 never
	RetainBytes   int64         // size above which the oldest log files are deleted, 0 never
	DedupeHorizon time.Duration // how long a messageId is remembered
	GracePeriod   time.Duration // time for what is in hand to end when stopping

	Version string
	Logger  *slog.Logger
	Out     io.Writer // where the addresses and the set-up link are printed; nil for nowhere
}

// TLSOptions say how Listen is served by HTTPS. The zero value is plain HTTP.
type TLSOptions struct {
	CertFile, KeyFile string   // PEM files; read again when they change
	Domains           []string // host names to get certificates for by ACME
	Email             string   // for the certificate authority
	Directory         string   // ACME directory; empty for Let's Encrypt
	RootsFile         string   // PEM roots to trust for Directory; empty for the system's
}

func (t TLSOptions) enabled() bool { return t.CertFile != "" || len(t.Domains) > 0 }

// validate returns the first wrong option, named as its flag.
func (o *Options) validate() error {
	if o.DataDir == "" {
		return secant.Invalid("--data", "", "must name a directory")
	}
	if o.Partitions < 1 || o.Partitions > 256 {
		return secant.Invalid("--partitions", fmt.Sprint(o.Partitions), "must be between 1 and 256")
	}
	if o.RetainAge < 0 || o.RetainBytes < 0 {
		return secant.Invalid("--retain-age, --retain-bytes", "", "must not be negative; 0 means no limit")
	}
	if o.DedupeHorizon < time.Minute {
		return secant.Invalid("--dedupe-horizon", o.DedupeHorizon.String(), "must be at least 1m")
	}
	if o.PublicURL != "" {
		u, err := url.Parse(o.PublicURL)
		if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || (u.Path != "" && u.Path != "/") {
			return secant.Invalid("--public-url", o.PublicURL, "must be a scheme and a host, such as https://events.example.com")
		}
		o.PublicURL = u.Scheme + "://" + u.Host
	}
	if (o.TLS.CertFile == "") != (o.TLS.KeyFile == "") {
		return secant.Invalid("--tls-cert, --tls-key", "", "must be given together")
	}
	if o.TLS.CertFile != "" && len(o.TLS.Domains) > 0 {
		return secant.Invalid("--acme-domain", o.TLS.Domains[0], "cannot be combined with --tls-cert: choose one")
	}
	return nil
}
