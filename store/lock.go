package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	sqlite3 "modernc.org/sqlite/lib"
)

// lock keeps a second process away from the database, which SQLite alone would
// let in. It is SQLite's own lock on an empty file beside it, so that it works
// on all systems and goes when the process dies.
type lock struct {
	db   *sql.DB
	conn *sql.Conn
}

func (l *lock) take(ctx context.Context, path string) error {
	name, err := fileURI(path + ".lock")
	if err != nil {
		return err
	}
	if l.db, err = sql.Open("sqlite", name+"?_busy_timeout=0&_error_rc=1"); err != nil {
		return fmt.Errorf("lock %s: %w", path, err)
	}
	if l.conn, err = l.db.Conn(ctx); err == nil {
		_, err = l.conn.ExecContext(ctx, `BEGIN EXCLUSIVE`)
	}
	switch {
	case err == nil:
		return nil
	case code(err) == sqlite3.SQLITE_BUSY:
		return fmt.Errorf("%s is in use by another Secant process; stop that one first, or use another data directory: %w", path, err)
	default:
		return fmt.Errorf("lock %s: %w; the directory must exist and be writable", path, err)
	}
}

func (l *lock) release() error {
	if l.db == nil {
		return nil
	}
	var err error
	if l.conn != nil {
		err = l.conn.Close()
	}
	return errors.Join(err, l.db.Close())
}
