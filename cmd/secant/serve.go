package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"github.com/secantdev/secant/app"
)

type serveCommand struct {
	Data        string `help:"Directory for everything Secant keeps. Created when missing." default:"./secant-data" placeholder:"DIR"`
	Listen      string `help:"Address for events and, without --admin-listen, the console and API." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	AdminListen string `help:"Address of its own for the console, API, metrics and profiles." placeholder:"HOST:PORT"`
	Config      string `help:"Workspace file to apply at each start; its resources are read-only in the console." placeholder:"FILE"`
	Demo        bool   `help:"Add a demo source and serve the demo shop at /demo/."`
	PublicURL   string `help:"Address that browsers and SDKs reach the collector at, when a proxy stands before it. Default: as each request says." placeholder:"URL"`
	AdminToken  string `help:"API token with the owner's rights, valid before set-up too." placeholder:"TOKEN"`

	EgressAllow   []netip.Prefix `help:"Private address range that destinations may reach; repeatable. Default: none." placeholder:"CIDR"`
	TrustedProxy  []netip.Prefix `help:"Address range of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed; repeatable." placeholder:"CIDR"`
	StrictWrite   bool           `name:"strict-write-keys" help:"Answer 401 to an unknown write key, instead of 200 and a count in the console."`
	TLSCert       string         `help:"Certificate file (PEM), with --tls-key: serve HTTPS and HTTP/2 on --listen." placeholder:"FILE"`
	TLSKey        string         `help:"Private key file (PEM)." placeholder:"FILE"`
	ACMEDomain    []string       `name:"acme-domain" help:"Host name to get a certificate for by ACME; repeatable. Needs port 443 to reach --listen." placeholder:"NAME"`
	ACMEEmail     string         `name:"acme-email" help:"E-mail address for the certificate authority." placeholder:"ADDRESS"`
	ACMEDirectory string         `name:"acme-directory" help:"Directory URL of another certificate authority. Default: Let's Encrypt." placeholder:"URL"`
	ACMERoots     string         `name:"acme-roots" help:"PEM file with the authority's own root certificates, for a private one." placeholder:"FILE"`
	Partitions    int            `help:"Lanes of the event log, 1 to 256; fixed when the data directory is created." default:"4"`
	RetainAge     time.Duration  `help:"Keep events in the log for this long; 0 for ever." default:"720h"`
	RetainBytes   int64          `help:"Keep at most this many bytes in each of the two logs; 0 for no limit." default:"0"`
	DedupeHorizon time.Duration  `help:"How long a repeated messageId is recognised." default:"720h"`
	GracePeriod   time.Duration  `help:"Time for requests and deliveries in hand to end when stopping." default:"10s"`
	LogLevel      string         `help:"debug, info, warn or error." enum:"debug,info,warn,error" default:"info"`
	LogFormat     string         `help:"text, or json for machines." enum:"text,json" default:"text"`
}

// Run serves until the context ends, then stops in order.
func (c *serveCommand) Run(ctx context.Context, std streams) error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		return fmt.Errorf("log level: %w", err)
	}
	handler := slog.Handler(slog.NewTextHandler(std.err, &slog.HandlerOptions{Level: level}))
	if c.LogFormat == "json" {
		handler = slog.NewJSONHandler(std.err, &slog.HandlerOptions{Level: level})
	}
	return app.Run(ctx, app.Options{
		DataDir: c.Data, Listen: c.Listen, AdminListen: c.AdminListen,
		ConfigFile: c.Config, Demo: c.Demo, PublicURL: c.PublicURL, AdminToken: c.AdminToken,
		EgressAllow: c.EgressAllow, TrustedProxies: c.TrustedProxy, StrictWriteKeys: c.StrictWrite,
		TLS: app.TLSOptions{
			CertFile: c.TLSCert, KeyFile: c.TLSKey,
			Domains: c.ACMEDomain, Email: c.ACMEEmail, Directory: c.ACMEDirectory, RootsFile: c.ACMERoots,
		},
		Partitions: c.Partitions, RetainAge: c.RetainAge, RetainBytes: c.RetainBytes,
		DedupeHorizon: c.DedupeHorizon, GracePeriod: c.GracePeriod,
		Version: version, Logger: slog.New(handler), Out: std.out,
	})
}
