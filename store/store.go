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
	"database/sql"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
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
	// DeadLetterAge is how long a dead letter is kept; 0 is 30 days.
	DeadLetterAge time.Duration
	// DeadLetters is how many dead letters of one destination are kept, the
	// newest; 0 is 100,000. Between two looks of Run there may be more.
	DeadLetters int
	// Logger is told about maintenance and about weak file modes; nil discards.
	Logger *slog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Store is the open database. Its methods are safe for concurrent use; errors
// match the root package's sentinels where one fits.
type Store struct {
	o    Options
	log  *slog.Logger
	now  func() time.Time
	lock lock
	// writer has one connection, reader several. They are apart so that a
	// long list never makes an event wait.
	writer, reader *sql.DB
	writing        chan struct{} // one place: whoever is in it may write
	closed         chan struct{}
	closing        sync.Once
	closeErr       error
	vault          *vault
	installation   string
	created        time.Time
	hashing        chan struct{} // one place per password being hashed
	deadLetterAge  time.Duration
	deadLetters    int

	workspace atomic.Pointer[secant.Workspace]
	watch     watchers

	forgottenMu sync.Mutex
	forgotten   map[string]int64 // destination → dead letters forgotten

	// Used by the writer only.
	lastID    int64
	countKeys map[secant.Count]int64 // Minute and N zero → count_keys.id
	debugged  map[string]int         // source → at most how many debugger_events rows it has
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	if err := s.reader.QueryRowContext(ctx, `SELECT 1 FROM meta LIMIT 1`).Scan(&one); err != nil {
		return fmt.Errorf("ask the store: %w", s.explain(err))
	}
	return nil
}

// InstallationID is a random id made on the first start; it never changes.
func (s *Store) InstallationID() string { return s.installation }

// CreatedAt is when the database was created.
func (s *Store) CreatedAt() time.Time { return s.created }

// Workspace returns the current configuration. The picture is immutable and
// replaced as a whole before the changing call returns.
func (s *Store) Workspace() *secant.Workspace { return s.workspace.Load() }

// Subscribe returns a channel that receives after the workspace has changed,
// and a function that ends the subscription. Several changes may arrive as one.
// The channel is closed by cancel and by Close.
func (s *Store) Subscribe() (changed <-chan struct{}, cancel func()) { return s.watch.add() }
