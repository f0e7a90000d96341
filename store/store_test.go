package store

import (
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/secantdev/secant"
)

var (
	owner  = secant.Actor{Kind: "user", ID: "usr_1", Name: "ann@example.com", Role: secant.RoleOwner}
	editor = secant.Actor{Kind: "user", ID: "usr_2", Name: "ed@example.com", Role: secant.RoleEditor}
	file   = secant.Actor{Kind: "file", ID: "secant.yaml", Role: secant.RoleOwner}
)

// clock is a settable clock.
type clock struct{ ms atomic.Int64 }

func (c *clock) now() time.Time          { return time.UnixMilli(c.ms.Load()) }
func (c *clock) advance(d time.Duration) { c.ms.Add(d.Milliseconds()) }

func newClock() *clock {
	c := &clock{}
	c.ms.Store(time.Date(2026, 3, 1, 12, 30, 15, 0, time.UTC).UnixMilli())
	return c
}

func optionsIn(dir string) Options {
	return Options{
		Path: filepath.Join(dir, "secant.db"), KeyPath: filepath.Join(dir, "secret.key"),
		ValidateSettings: func(typ string, settings map[string]any) (map[string]any, error) {
			if typ == "webhook" && settings["url"] == "" {
				return nil, secant.Invalid("settings.url", "", "must not be empty")
			}
			return settings, nil
		},
		SecretSettings: func(string) []string { return []string{"sharedSecret"} },
	}
}

// mustOpen opens a store that is closed with the test.
func mustOpen(tb testing.TB, o Options) *Store {
	tb.Helper()
	s, err := Open(tb.Context(), o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

func newStore(tb testing.TB) *Store {
	tb.Helper()
	return mustOpen(tb, optionsIn(tb.TempDir()))
}

func newStoreAt(tb testing.TB, c *clock) *Store {
	tb.Helper()
	o := optionsIn(tb.TempDir())
	o.Now = c.now
	return mustOpen(tb, o)
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(tb testing.TB) T {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		return v
	}
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func wantErr(tb testing.TB, err, target error) {
	tb.Helper()
	if !errors.Is(err, target) {
		tb.Fatalf("got error %v, want one that is %v", err, target)
	}
}

// shop adds a source with a webhook destination.
func shop(tb testing.TB, s *Store) (secant.Source, secant.Destination) {
	tb.Helper()
	src := must(s.CreateSource(tb.Context(), owner, secant.Source{Name: "Shop (web)", Type: "javascript", WriteKeys: []string{"wk_shop"}, Enabled: true}))(tb)
	dst := must(s.CreateDestination(tb.Context(), owner, secant.Destination{ID: "shop-hook", Source: src.ID, Type: "webhook", Enabled: true,
		Settings: map[string]any{"url": "https://example.com/hook", "sharedSecret": "s3cret-of-the-shop"}}))(tb)
	return src, dst
}

func readFile(tb testing.TB, path string) []byte {
	tb.Helper()
	return must(os.ReadFile(path))(tb)
}
