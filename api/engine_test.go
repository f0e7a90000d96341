package api_test

import (
	"context"
	"log/slog"
	"net/netip"
	"path/filepath"
	"testing"

	"github.com/secantdev/secant/deliver"
	"github.com/secantdev/secant/egress"
	"github.com/secantdev/secant/eventlog"
	"github.com/secantdev/secant/store"
)

// newEngine returns a running delivery engine that may send to this machine.
func newEngine(t *testing.T, dir string, db *store.Store) *deliver.Engine {
	t.Helper()
	logger := slog.New(slog.DiscardHandler)
	clean, err := eventlog.Open(eventlog.Options{Dir: filepath.Join(dir, "clean"), Partitions: 1, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	e := deliver.New(deliver.Options{
		Clean: clean, Workspace: db, Store: db, Definitions: definitions, Logger: logger,
		Egress: egress.New(egress.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}),
	})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		clean.Close()
	})
	return e
}
