// Package store keeps what people configured and what the engines must not
// forget, in one SQLite database: sources, destinations, people, tokens, the
// audit trail, counters, the debugger's last events, cursors, parked
// deliveries and dead letters.
//
// Every change of the configuration takes the actor who makes it and writes its
// audit entry in the same transaction. Everything that returns nil is on disk
// (WAL with synchronous=FULL). Destination settings are encrypted with a key
// that lives in a file apart from the database. Readers never wait for the one
// writer. The store does not know HTTP and does not decide who may call what,
// except that nobody can hand out a role above their own.
package store

import (
	"context"
	"log/slog"
	"time"

	"github.com/secantdev/secant"
)

// Options say where a store lies and what it cannot know itself.
type Options struct {
	// Path is the database file; SQLite keeps two more beside it. The
	// directory must exist.
	Path string
	// KeyPath is the file with the encryption key. It is created with mode
	// 0600 on the first start; without it the database cannot be opened.
	KeyPath string
	// ValidateSettings checks and normalises the settings of a destination of
	// type typ; errors are FieldErrors with paths like "settings.url". Nil
	// accepts everything.
	ValidateSettings func(typ string, settings map[string]any) (map[string]any, error)
	// SecretSettings names the settings of a destination type that the audit
	// trail must not show. Nil treats all of them as secret.
	SecretSettings func(typ string) []string
	// Logger is told about maintenance and about weak file modes; nil discards.
	Logger *slog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Store is the open database. Its methods are safe for concurrent use; errors
// match the root package's sentinels where one fits.
type Store struct{}

// Open opens the database, creating or migrating it as needed. Its errors are
// for the operator and say what to do next: a damaged file, a file of a newer
// Secant, a missing or wrong key, a database that another process holds.
func Open(ctx context.Context, o Options) (*Store, error) { panic("unwritten") }

// Close ends all subscriptions and closes the database. Calls that are under
// way finish first.
func (s *Store) Close() error { panic("unwritten") }

// Run does the upkeep until ctx ends: rolls counters up, drops what has
// expired, keeps the write-ahead log short. It returns nil when ctx ends.
func (s *Store) Run(ctx context.Context) error { panic("unwritten") }

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error { panic("unwritten") }

// InstallationID is a random id made on the first start; it never changes.
func (s *Store) InstallationID() string { panic("unwritten") }

// CreatedAt is when the database was created.
func (s *Store) CreatedAt() time.Time { panic("unwritten") }

// Workspace returns the current configuration. The picture is immutable and
// replaced as a whole before the changing call returns.
func (s *Store) Workspace() *secant.Workspace { panic("unwritten") }

// Subscribe returns a channel that receives after the workspace has changed,
// and a function that ends the subscription. Several changes may arrive as one.
// The channel is closed by cancel and by Close.
func (s *Store) Subscribe() (changed <-chan struct{}, cancel func()) { panic("unwritten") }

// Page asks for part of a list.
type Page struct {
	Limit  int    // how many at most; 0 means 50, the most is 1,000
	Cursor string // empty for the first page, else Next of the page before
}

// List is part of a list.
type List[T any] struct {
	Items []T
	Next  string // cursor of the next page, empty when there is none
	Total int    // how many there are in all pages
}
