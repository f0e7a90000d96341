package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"time"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migration is one file of migrations/. Files are never edited once released;
// the checksum finds out when one was.
type migration struct {
	number int
	name   string // "0001_start.sql"
	sql    string
	sum    string
}

func loadMigrations(files fs.FS) ([]migration, error) {
	entries, err := fs.Glob(files, "migrations/*.sql") // in order of name
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	all := make([]migration, 0, len(entries))
	for i, path := range entries {
		body, err := fs.ReadFile(files, path)
		if err != nil {
			return nil, fmt.Errorf("read migration: %w", err)
		}
		name := strings.TrimPrefix(path, "migrations/")
		digits, _, _ := strings.Cut(name, "_")
		number, err := strconv.Atoi(digits)
		if err != nil || number != i+1 {
			return nil, fmt.Errorf("migration %s: must be numbered %04d", name, i+1)
		}
		sum := sha256.Sum256(body)
		all = append(all, migration{number, name, string(body), hex.EncodeToString(sum[:])})
	}
	return all, nil
}

// migrate brings the database to the newest schema, one transaction a file. It
// refuses a database that a newer program has migrated, or one whose past is
// not ours.
func migrate(ctx context.Context, db *sql.DB, path string, all []migration, now func() time.Time) error {
	_, err := db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS migrations (
		number BIGINT PRIMARY KEY, name TEXT NOT NULL, sum TEXT NOT NULL, applied_at BIGINT NOT NULL)`)
	if err != nil {
		return fmt.Errorf("prepare migrations: %w", err)
	}
	done, err := appliedMigrations(ctx, db)
	if err != nil {
		return err
	}
	for i, have := range done {
		switch {
		case i >= len(all):
			return fmt.Errorf("%s was written by a newer Secant (it has migration %s, this program ends at %04d); "+
				"start the newer version again, or restore the backup made before the upgrade", path, have.name, len(all))
		case have.number != all[i].number || have.sum != all[i].sum:
			return fmt.Errorf("%s has migration %s, which is not the %s of this program; "+
				"it was made by a different build: use that build, or another data directory", path, have.name, all[i].name)
		}
	}
	for _, m := range all[len(done):] {
		if err := applyMigration(ctx, db, m, now()); err != nil {
			return fmt.Errorf("migration %s: %w", m.name, err)
		}
	}
	return nil
}

func appliedMigrations(ctx context.Context, db *sql.DB) ([]migration, error) {
	rows, err := db.QueryContext(ctx, `SELECT number, name, sum FROM migrations ORDER BY number`)
	if err != nil {
		return nil, fmt.Errorf("read applied migrations: %w", err)
	}
	return collectRows(rows, func(scan scanner, m *migration) error {
		return scan(&m.number, &m.name, &m.sum)
	})
}

func applyMigration(ctx context.Context, db *sql.DB, m migration, now time.Time) (err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	if _, err := tx.ExecContext(ctx, m.sql); err != nil {
		return fmt.Errorf("run: %w", err)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO migrations (number, name, sum, applied_at) VALUES (?, ?, ?, ?)`,
		m.number, m.name, m.sum, now.UnixMilli())
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	return tx.Commit()
}
