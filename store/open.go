package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/secantdev/secant"
)

// readers is how many queries run at the same time. Each connection keeps up
// to 2 MB of pages.
const readers = 4

// keyCheck is what is sealed in the database to tell a wrong key from a right
// one before anything is decrypted.
const keyCheck = "secant"

// Open opens the database, creating or migrating it as needed. Its errors are
// for the operator and say what to do next: a damaged file, a file of a newer
// Secant, a missing or wrong key, a database that another process holds.
func Open(ctx context.Context, o Options) (_ *Store, err error) {
	s := &Store{
		o:         o,
		log:       cmp.Or(o.Logger, slog.New(slog.DiscardHandler)),
		now:       o.Now,
		writing:   make(chan struct{}, 1),
		closed:    make(chan struct{}),
		hashing:   make(chan struct{}, maxHashing),
		countKeys: map[secant.Count]int64{},
		debugged:  map[string]int{},
		forgotten: map[string]int64{},

		deadLetterAge: cmp.Or(o.DeadLetterAge, defaultDeadLetterAge),
		deadLetters:   cmp.Or(o.DeadLetters, defaultDeadLetters),
	}
	if s.now == nil {
		s.now = time.Now
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	// A commit is as durable with fdatasync: it only leaves out time stamps.
	// Where there is none, SQLite goes on with fsync.
	_, _ = sqlite.Fdatasync(true)
	makePrivate(o.Path, o.Path+".lock")
	if err := s.lock.take(ctx, o.Path); err != nil {
		return nil, err
	}
	if s.writer, err = open(o.Path, "_txlock=immediate"); err != nil {
		return nil, err
	}
	s.writer.SetMaxOpenConns(1)
	if s.reader, err = open(o.Path, "_query_only=1"); err != nil {
		return nil, err
	}
	s.reader.SetMaxOpenConns(readers)
	s.reader.SetMaxIdleConns(readers)
	return s, s.explain(s.load(ctx))
}

// makePrivate creates the files that are missing so that only their owner can
// read them; SQLite gives its other files the mode of the database. What goes
// wrong here SQLite meets again, and says better.
func makePrivate(paths ...string) {
	for _, path := range paths {
		if f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600); err == nil {
			_ = f.Close()
		}
	}
}

// load does what needs the files, in the order in which mistakes are found
// best: readable, ours, right key, then the content.
func (s *Store) load(ctx context.Context) error {
	var version int
	if err := s.writer.QueryRowContext(ctx, `PRAGMA schema_version`).Scan(&version); err != nil {
		return fmt.Errorf("open %s: %w", s.o.Path, err)
	}
	migrations, err := loadMigrations(migrationFiles)
	if err != nil {
		return err
	}
	if err := migrate(ctx, s.writer, s.o.Path, migrations, s.now); err != nil {
		return err
	}
	if err := s.unlock(ctx); err != nil {
		return err
	}
	if err := s.identify(ctx); err != nil {
		return err
	}
	// Numbers given out must stay greater than all before, even when the
	// clock was set back.
	err = s.reader.QueryRowContext(ctx, `SELECT COALESCE(MAX(id), 0) FROM (
		SELECT MAX(id) AS id FROM audit UNION ALL SELECT MAX(id) FROM count_keys) AS used`).Scan(&s.lastID)
	if err != nil {
		return fmt.Errorf("read the last id: %w", err)
	}
	return s.loadWorkspace(ctx)
}

// open returns a pool of connections to the database. The settings are part of
// the promise that what is written is on disk.
func open(path, more string) (*sql.DB, error) {
	name, err := fileURI(path)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", name+"?_busy_timeout=10000&_journal_mode=WAL&_synchronous=FULL&_foreign_keys=1&_dqs=0&_error_rc=1&_pragma=temp_store(memory)&_pragma=journal_size_limit(16777216)&"+more)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db.SetConnMaxIdleTime(0)
	return db, nil
}

// fileURI writes a path so that no character of it is taken for a setting.
func fileURI(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("open %s: %w", path, err)
	}
	abs = filepath.ToSlash(abs)
	if !strings.HasPrefix(abs, "/") {
		abs = "/" + abs // C:/... on Windows
	}
	return (&url.URL{Scheme: "file", OmitHost: false, Path: abs}).String(), nil
}

// unlock loads the encryption key, makes it on the first start, and makes sure
// that it is the one this database was written with.
func (s *Store) unlock(ctx context.Context) error {
	sealed, err := s.meta(ctx, "key_check")
	if err != nil {
		return err
	}
	key, err := loadKey(s.o.KeyPath, sealed == "", s.log)
	if err != nil {
		return err
	}
	if s.vault, err = newVault(key); err != nil {
		return err
	}
	if sealed == "" {
		return s.setMeta(ctx, "key_check", hex.EncodeToString(s.vault.seal("meta/key_check", []byte(keyCheck))))
	}
	raw, err := hex.DecodeString(sealed)
	if err != nil {
		return fmt.Errorf("%s: meta key_check is damaged: %w; restore the database from your backup", s.o.Path, err)
	}
	if _, err := s.vault.open("meta/key_check", raw); err != nil {
		return fmt.Errorf("the encryption key %s is not the one %s was written with; restore the key that belongs to it from your backup", s.o.KeyPath, s.o.Path)
	}
	return nil
}

// identify gives a new database its id and date.
func (s *Store) identify(ctx context.Context) error {
	var err error
	if s.installation, err = s.meta(ctx, "installation"); err != nil {
		return err
	}
	if s.installation == "" {
		s.installation = rand.Text()
		at := s.now().UTC().Format(time.RFC3339Nano)
		if err := s.setMeta(ctx, "created", at); err != nil {
			return err
		}
		if err := s.setMeta(ctx, "installation", s.installation); err != nil {
			return err
		}
	}
	created, err := s.meta(ctx, "created")
	if err != nil {
		return err
	}
	if s.created, err = time.Parse(time.RFC3339Nano, created); err != nil {
		return fmt.Errorf("read meta created: %w", err)
	}
	return nil
}

// meta returns a value of the meta table, empty when there is none.
func (s *Store) meta(ctx context.Context, name string) (value string, err error) {
	err = s.reader.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = ?`, name).Scan(&value)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("read meta %s: %w", name, err)
	}
	return value, nil
}

func (s *Store) setMeta(ctx context.Context, name, value string) error {
	return s.write(ctx, func(t *tx) error { return t.setMeta(name, value) }, nil)
}

func (t *tx) setMeta(name, value string) error {
	_, err := t.exec(`INSERT INTO meta (name, value) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	return err
}

// Close ends all subscriptions and closes the database. Calls that are under
// way finish first; later ones fail. Closing twice is one closing.
func (s *Store) Close() error {
	s.closing.Do(func() {
		s.watch.close()
		close(s.closed)
		s.writing <- struct{}{} // and never given back
		var errs []error
		if s.reader != nil {
			errs = append(errs, s.reader.Close())
		}
		if s.writer != nil {
			errs = append(errs, s.writer.Close())
		}
		s.closeErr = errors.Join(append(errs, s.lock.release())...)
	})
	return s.closeErr
}

// code returns the primary result code of an SQLite error, 0 for others.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

// explain adds to an error of the engine what an operator can do about it, and
// the sentinel by which callers know that trying later may help.
func (s *Store) explain(err error) error {
	switch code(err) {
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w: %s is damaged; stop Secant, copy the file and those beside it (-wal, -shm) away, then restore your backup or run: sqlite3 %s .recover: %w",
			secant.ErrUnavailable, s.o.Path, filepath.Base(s.o.Path), err)
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("%w: the disk of %s is full; make room: %w", secant.ErrUnavailable, s.o.Path, err)
	case sqlite3.SQLITE_BUSY:
		return fmt.Errorf("%w: %s is locked by another program; close it: %w", secant.ErrUnavailable, s.o.Path, err)
	case sqlite3.SQLITE_CANTOPEN:
		return fmt.Errorf("%w: %s cannot be opened; its directory must exist and be writable: %w", secant.ErrUnavailable, s.o.Path, err)
	case sqlite3.SQLITE_READONLY:
		return fmt.Errorf("%w: %s cannot be written; check its owner and mode, and that the file system is not read-only: %w", secant.ErrUnavailable, s.o.Path, err)
	case sqlite3.SQLITE_IOERR:
		return fmt.Errorf("%w: the disk of %s fails; look at the system's log: %w", secant.ErrUnavailable, s.o.Path, err)
	}
	return err
}
