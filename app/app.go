package app

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/api"
	"github.com/secantdev/secant/collect"
	"github.com/secantdev/secant/deliver"
	"github.com/secantdev/secant/destination"
	"github.com/secantdev/secant/destination/all"
	"github.com/secantdev/secant/egress"
	"github.com/secantdev/secant/eventlog"
	"github.com/secantdev/secant/live"
	"github.com/secantdev/secant/pipeline"
	"github.com/secantdev/secant/pipeline/dedupe"
	"github.com/secantdev/secant/store"
	"github.com/secantdev/secant/web"
)

// server is everything that runs, in the order it is built.
type server struct {
	Options
	log     *slog.Logger
	started time.Time

	dir         *dataDir
	definitions []destination.Definition
	store       *store.Store
	raw, clean  *eventlog.Log
	keepRaw     keeper
	keepClean   keeper
	dedupe      *dedupe.Index
	hub         *live.Hub
	pipeline    *pipeline.Pipeline
	deliver     *deliver.Engine
	collector   *collect.Collector
	api         *api.API
	localToken  string
	public      net.Listener
	admin       net.Listener // the same as public unless AdminListen

	closers []func() error // run in reverse
}

// Run serves until ctx ends, then stops in order and returns nil. An error means
// that the server could not start, or that an engine failed; it says what to do.
func Run(ctx context.Context, o Options) (err error) {
	if err := o.validate(); err != nil {
		return err
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	// With one thread for Go code a blocking fsync stalls the scheduler.
	if runtime.GOMAXPROCS(0) < 2 {
		runtime.GOMAXPROCS(2)
	}
	if o.AdminToken != "" && len(o.AdminToken) < 16 {
		o.Logger.Warn("SECANT_ADMIN_TOKEN is short enough to be guessed; take a longer one, such as from: openssl rand -hex 24")
	}
	s := &server{Options: o, log: o.Logger, started: time.Now(), localToken: newLocalToken()}
	defer func() {
		if closeErr := s.close(); err == nil {
			err = closeErr
		}
	}()
	if err := s.open(ctx); err != nil {
		return err
	}
	if err := s.configure(ctx); err != nil {
		return err
	}
	if err := s.build(); err != nil {
		return err
	}
	return s.serve(ctx)
}

// later has f called when the server closes, before what was opened earlier.
func (s *server) later(f func() error) { s.closers = append(s.closers, f) }

func (s *server) close() error {
	var first error
	for i := len(s.closers) - 1; i >= 0; i-- {
		if err := s.closers[i](); err != nil && first == nil {
			first = err
		}
	}
	s.closers = nil
	return first
}

// open takes the addresses and everything durable: whatever is wrong with the
// machine shows here, before anything has changed.
func (s *server) open(ctx context.Context) error {
	var err error
	if s.dir, err = openDataDir(s.DataDir); err != nil {
		return err
	}
	s.later(s.dir.close)
	if s.public, err = listen(ctx, "--listen", s.Listen); err != nil {
		return err
	}
	s.later(closeListener(s.public))
	s.admin = s.public
	if s.AdminListen != "" {
		if s.admin, err = listen(ctx, "--admin-listen", s.AdminListen); err != nil {
			return err
		}
		s.later(closeListener(s.admin))
	}
	if err := s.dir.describe(fmt.Sprintf("secant (process %d) on %s", os.Getpid(), s.public.Addr())); err != nil {
		return err
	}

	s.definitions = all.Definitions()
	s.store, err = store.Open(ctx, store.Options{
		Path: s.dir.file("secant.db"), KeyPath: s.dir.file("secret.key"),
		ValidateSettings: s.validateSettings, SecretSettings: s.secretSettings, Logger: s.log,
	})
	if err != nil {
		return err
	}
	s.later(s.store.Close)

	if s.clean, err = s.openLog("clean", s.keepClean.keep); err != nil {
		return err
	}
	s.later(s.clean.Close)
	if s.raw, err = s.openLog("raw", s.keepRaw.keep); err != nil {
		return err
	}
	s.later(s.raw.Close)
	s.dedupe, err = dedupe.Open(dedupe.Options{Dir: s.dir.file("dedupe"), Horizon: s.DedupeHorizon, Logger: s.log})
	if err != nil {
		return fmt.Errorf("open the dedupe index: %w", err)
	}
	s.later(s.dedupe.Close)
	return nil
}

func closeListener(l net.Listener) func() error {
	return func() error {
		_ = l.Close() // the HTTP server has closed it already, unless starting failed
		return nil
	}
}

func (s *server) openLog(name string, needed func(int) uint64) (*eventlog.Log, error) {
	log, err := eventlog.Open(eventlog.Options{
		Dir: s.dir.file(name), Partitions: s.Partitions,
		MaxAge: s.RetainAge, MaxBytes: s.RetainBytes, Keep: needed,
		Logger: s.log.With("log", name),
	})
	if err != nil {
		return nil, fmt.Errorf("open the %s log: %w", name, err)
	}
	return log, nil
}

// keeper tells a log which chunks its reader still needs, so that retention by
// age does not remove them. Until the reader is built, everything is needed.
type keeper struct {
	needed atomic.Pointer[func(partition int) uint64]
}

func (k *keeper) set(needed func(partition int) uint64) { k.needed.Store(&needed) }

func (k *keeper) keep(partition int) uint64 {
	if needed := k.needed.Load(); needed != nil {
		return (*needed)(partition)
	}
	return 0
}

func (s *server) definition(slug string) (destination.Definition, bool) {
	for _, d := range s.definitions {
		if d.Slug == slug {
			return d, true
		}
	}
	return destination.Definition{}, false
}

func (s *server) validateSettings(slug string, settings map[string]any) (map[string]any, error) {
	d, ok := s.definition(slug)
	if !ok {
		known := make([]string, len(s.definitions))
		for i, d := range s.definitions {
			known[i] = d.Slug
		}
		return nil, secant.Invalid("type", slug, "must be one of "+strings.Join(known, ", "))
	}
	return d.Validate(settings)
}

func (s *server) secretSettings(slug string) []string {
	d, ok := s.definition(slug)
	if !ok {
		return nil
	}
	return d.Secrets()
}

// build makes the engines and plugs them together.
func (s *server) build() error {
	ctx := context.Background() // what the engines read at start is local and quick
	var err error
	if s.hub, err = live.Open(ctx, live.Options{Store: s.store, Logger: s.log}); err != nil {
		return err
	}
	s.pipeline, err = pipeline.New(pipeline.Options{
		Raw: s.raw, Clean: s.clean, Dedupe: s.dedupe, Workspace: s.store, Observer: s.hub, Logger: s.log,
	})
	if err != nil {
		return err
	}
	s.deliver = deliver.New(deliver.Options{
		Clean: s.clean, Workspace: s.store, Definitions: s.definitions, Store: s.store,
		Egress: egress.New(egress.Options{Allow: s.EgressAllow, Version: s.Version}),
		Grace:  s.GracePeriod, Logger: s.log,
	})
	s.keepRaw.set(s.pipeline.Needed)
	s.keepClean.set(s.deliver.Keep)
	assets, _ := web.Analytics() // nil: the settings document works, analytics.js is not served
	s.collector, err = collect.New(collect.Options{
		Log: s.raw, Workspace: s.store, Observer: s.hub,
		StrictWriteKeys: s.StrictWriteKeys, TrustedProxies: s.TrustedProxies, PublicURL: s.PublicURL,
		Assets: assets, Logger: s.log,
	})
	if err != nil {
		return err
	}
	s.api = api.New(api.Options{
		Store: s.store, Live: s.hub, Deliver: s.deliver, File: workspaceFile{s},
		Definitions: s.definitions, Status: s.status,
		AdminTokens: []api.AdminToken{{Name: "SECANT_ADMIN_TOKEN", Secret: s.AdminToken}, {Name: "local", Secret: s.localToken}},
		Version:     s.Version, PublicURL: s.eventsURL(), Demo: s.Demo,
		ClientIP: s.collector.ClientAddr, Logger: s.log,
	})
	return nil
}

// eventsURL is where events are to be sent, or "" when a request for the console
// says it: they are served by one listener.
func (s *server) eventsURL() string {
	switch {
	case s.PublicURL != "":
		return s.PublicURL
	case len(s.TLS.Domains) > 0:
		return "https://" + s.TLS.Domains[0]
	case s.AdminListen != "":
		return s.origin(s.public, s.TLS.enabled())
	}
	return ""
}

// origin is a listener's address as a browser on this machine reaches it.
func (s *server) origin(l net.Listener, secure bool) string {
	scheme := "http"
	if secure {
		scheme = "https"
	}
	host, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return scheme + "://" + l.Addr().String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "localhost"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// adminURL is where the console is.
func (s *server) adminURL() string {
	if s.AdminListen == "" && len(s.TLS.Domains) > 0 {
		return "https://" + s.TLS.Domains[0]
	}
	return s.origin(s.admin, s.AdminListen == "" && s.TLS.enabled())
}

// absolute is the data directory as a person can find it again.
func (s *server) absolute() string {
	path, err := filepath.Abs(s.DataDir)
	if err != nil {
		return s.DataDir
	}
	return path
}
