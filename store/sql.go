package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/secantdev/secant"
)

// tx is a running transaction of the one writer. All SQL that writes goes
// through it, so that a second database engine with other placeholders has one
// place to rewrite them.
type tx struct {
	ctx context.Context
	tx  *sql.Tx
	now time.Time
}

// write runs fn in a transaction and commits when it returns nil. There is one
// writer: calls wait for each other, as long as ctx lets them. Once begun, a
// transaction is finished whatever becomes of ctx, so that the caller of a
// commit always learns how it ended. then runs after the commit, before the
// next writer.
func (s *Store) write(ctx context.Context, fn func(*tx) error, then func()) (err error) {
	select {
	case s.writing <- struct{}{}:
	case <-s.closed:
		return fmt.Errorf("%w: the store is closed", secant.ErrUnavailable)
	case <-ctx.Done():
		return fmt.Errorf("wait for the store: %w", ctx.Err())
	}
	defer func() { <-s.writing }()
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	sqlTx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return s.explain(err)
	}
	committed := false
	defer func() {
		if !committed { // also when fn panics
			s.forgetCaches()
			if rerr := sqlTx.Rollback(); rerr != nil && !errors.Is(rerr, sql.ErrTxDone) {
				err = errors.Join(err, fmt.Errorf("roll back: %w", rerr))
			}
		}
	}()
	if err := fn(&tx{ctx: ctx, tx: sqlTx, now: s.now()}); err != nil {
		return s.explain(err)
	}
	if err := sqlTx.Commit(); err != nil {
		return s.explain(fmt.Errorf("commit: %w", err))
	}
	committed = true
	if then != nil {
		then()
	}
	return nil
}

// exec runs a statement and returns how many rows it changed.
func (t *tx) exec(query string, args ...any) (int64, error) {
	res, err := t.tx.ExecContext(t.ctx, query, args...)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", firstWords(query), err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("%s: rows affected: %w", firstWords(query), err)
	}
	return n, nil
}

// execAll runs the same arguments through several statements.
func (t *tx) execAll(queries []string, args ...any) error {
	for _, q := range queries {
		if _, err := t.exec(q, args...); err != nil {
			return err
		}
	}
	return nil
}

// row reads one row; sql.ErrNoRows when there is none.
func (t *tx) row(query string, args ...any) *sql.Row {
	return t.tx.QueryRowContext(t.ctx, query, args...)
}

// maxParams is how many placeholders one statement gets: far below the limits
// of both engines, and beyond it nothing becomes faster.
const maxParams = 2000

// insert writes rows with statements of many rows each. into is everything
// before VALUES, tail what follows the rows, such as ON CONFLICT.
func (t *tx) insert(into, tail string, rows [][]any) error {
	for len(rows) > 0 {
		width := len(rows[0])
		n := min(len(rows), max(1, maxParams/width))
		one := "(?" + strings.Repeat(",?", width-1) + ")"
		query := into + " VALUES " + one + strings.Repeat(","+one, n-1) + " " + tail
		args := make([]any, 0, n*width)
		for _, r := range rows[:n] {
			args = append(args, r...)
		}
		if _, err := t.exec(query, args...); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// scanner is the Scan method of a row.
type scanner func(dest ...any) error

// queryAll reads all rows of a query outside a transaction.
func queryAll[T any](ctx context.Context, s *Store, read func(scanner, *T) error, query string, args ...any) ([]T, error) {
	rows, err := s.reader.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, s.explain(fmt.Errorf("%s: %w", firstWords(query), err))
	}
	all, err := collectRows(rows, read)
	return all, s.explain(err)
}

// queryOne reads one row outside a transaction; missing is the error when there
// is none.
func queryOne[T any](ctx context.Context, s *Store, missing error, read func(scanner, *T) error, query string, args ...any) (T, error) {
	var v T
	err := read(s.reader.QueryRowContext(ctx, query, args...).Scan, &v)
	if errors.Is(err, sql.ErrNoRows) {
		err = missing
	}
	return v, s.explain(err)
}

func collectRows[T any](rows *sql.Rows, read func(scanner, *T) error) (all []T, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var v T
		if err := read(rows.Scan, &v); err != nil {
			return nil, fmt.Errorf("read row: %w", err)
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

// inList returns "(?,?,?)" for n values.
func inList(n int) string { return "(?" + strings.Repeat(",?", n-1) + ")" }

// firstWords names a statement in an error without its values.
func firstWords(query string) string {
	words := strings.Fields(query)
	return strings.Join(words[:min(3, len(words))], " ")
}

// problem is an error that matches a sentinel but reads as a sentence.
type problem struct {
	sentinel error
	text     string
}

func (p *problem) Error() string { return p.text }
func (p *problem) Unwrap() error { return p.sentinel }

func conflict(format string, args ...any) error {
	return &problem{secant.ErrConflict, fmt.Sprintf(format, args...)}
}

func notFound(kind, id string) error {
	return &problem{secant.ErrNotFound, fmt.Sprintf("there is no %s %q", kind, id)}
}

// millis is t in milliseconds since 1970, 0 for the zero time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// fromMillis is the inverse of millis, in UTC.
func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
