package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/secantdev/secant/collect"
	"github.com/secantdev/secant/internal/shortcut"
)

// stage is an engine that runs from start to stop.
type stage struct {
	name string
	run  func(context.Context) error
}

// serve runs the stages and returns when ctx has ended and all have stopped, the
// last one started first, or when one of them failed.
func (s *server) serve(ctx context.Context) error {
	stages := []stage{
		{"store", s.store.Run},
		{"live", s.hub.Run},
		{"deliver", s.deliver.Run},
		{"pipeline", s.pipeline.Run},
		{"http", s.serveHTTP},
	}
	type ended struct {
		stage int
		err   error
	}
	results := make(chan ended, len(stages))
	stop := make([]context.CancelFunc, len(stages))
	done := make([]chan struct{}, len(stages))
	for i, st := range stages {
		stageCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		stop[i], done[i] = cancel, make(chan struct{})
		go func() {
			err := st.run(stageCtx)
			close(done[i])
			results <- ended{i, err}
		}()
	}
	var failure error
	select {
	case <-ctx.Done():
		s.log.Info("stopping")
	case e := <-results:
		failure = e.err
		if failure == nil {
			failure = errors.New("ended by itself")
		}
		failure = fmt.Errorf("run %s: %w", stages[e.stage].name, failure)
		results <- ended{e.stage, nil} // counted below
	}
	for i := len(stages) - 1; i >= 0; i-- {
		stop[i]()
		<-done[i]
	}
	for range stages {
		if e := <-results; e.err != nil && failure == nil {
			failure = fmt.Errorf("stop %s: %w", stages[e.stage].name, e.err)
		}
	}
	return failure
}

// serveHTTP serves both listeners until ctx ends, then lets requests in hand
// finish within the grace period.
func (s *server) serveHTTP(ctx context.Context) error {
	secure, err := tlsConfig(s.TLS, s.dir.file("certificates"))
	if err != nil {
		return err
	}
	public, admin := s.routes()
	events := s.httpServer(collect.Slashes(newRouter(s.log, public)))
	events.TLSConfig = secure
	servers, listeners := []httpServer{s.withShortcut(events)}, []net.Listener{s.public}
	if s.AdminListen != "" {
		servers, listeners = append(servers, standardServer{s.httpServer(newRouter(s.log, admin))}), append(listeners, s.admin)
	}
	removeRunFile, err := writeRunFile(s.dir.path, RunFile{PID: os.Getpid(), AdminURL: s.adminURL(), Token: s.localToken})
	if err != nil {
		return err
	}
	defer removeRunFile()
	failed := make(chan error, len(servers))
	for i, server := range servers {
		go func() { failed <- server.Serve(listeners[i]) }()
	}
	if err := s.announce(ctx); err != nil && ctx.Err() == nil { // told to stop meanwhile: stop in order
		return err
	}
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	s.api.Close() // ends the event streams, which would outlast any grace
	grace, cancel := context.WithTimeout(context.Background(), s.GracePeriod)
	defer cancel()
	for _, server := range servers {
		if shutErr := server.Shutdown(grace); shutErr != nil {
			s.log.Warn("requests were cut off at the end of the grace period", "grace", s.GracePeriod)
			_ = server.Close()
		}
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// httpServer is what serves a listener.
type httpServer interface {
	Serve(l net.Listener) error
	Shutdown(ctx context.Context) error
	Close() error
}

// standardServer is net/http's, with HTTPS when it has certificates.
type standardServer struct{ *http.Server }

func (s standardServer) Serve(l net.Listener) error {
	if s.TLSConfig != nil {
		return s.ServeTLS(l, "", "")
	}
	return s.Server.Serve(l)
}

// withShortcut lets events that come by plain HTTP/1.1 take the cheap way to the
// same handler. HTTPS and everything else is net/http's.
func (s *server) withShortcut(standard *http.Server) httpServer {
	if standard.TLSConfig != nil {
		return standardServer{standard}
	}
	return &shortcut.Server{Standard: standard, Prefix: "/v1/", MaxBody: 1 << 20}
}

// httpServer has the limits that keep slow and idle clients cheap. The time for
// a whole request is the handlers' matter: streams have none.
func (s *server) httpServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
}

// announce prints where to go, and the set-up link while nobody has an account.
func (s *server) announce(ctx context.Context) error {
	needed, err := s.store.SetupNeeded(ctx)
	if err != nil {
		return err
	}
	s.log.Info("serving", "events", s.origin(s.public, s.TLS.enabled()), "console", s.adminURL(), "data", s.absolute(), "version", s.Version)
	if s.Out == nil {
		return nil
	}
	console := s.adminURL()
	fmt.Fprintf(s.Out, "\nSecant %s is running. Events are safe once answered with 200.\n\n", s.Version)
	if needed {
		token, err := s.store.NewSetupToken(ctx)
		if err != nil {
			return err
		}
		// In the fragment, which browsers do not send: no proxy logs it.
		fmt.Fprintf(s.Out, "  Set up     %s/setup#token=%s\n             (open it once to choose a password)\n", console, token)
	} else {
		fmt.Fprintf(s.Out, "  Console    %s/\n", console)
	}
	if s.Demo {
		fmt.Fprintf(s.Out, "  Demo shop  %s/demo/\n", s.origin(s.public, s.TLS.enabled()))
	}
	if s.AdminListen != "" {
		fmt.Fprintf(s.Out, "  Events     %s/v1\n", s.origin(s.public, s.TLS.enabled()))
	}
	fmt.Fprintf(s.Out, "  Data       %s\n\n", s.absolute())
	return nil
}
