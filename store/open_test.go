package store

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/secantdev/secant"
)

// TestMain lets a test start this program again as a process to be killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("STORE_TEST_WRITER"); dir != "" {
		if err := writeForever(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func TestOpen(t *testing.T) {
	t.Parallel()
	t.Run("creates and keeps", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		s := mustOpen(t, optionsIn(dir))
		id, created := s.InstallationID(), s.CreatedAt()
		if id == "" || time.Since(created) > time.Minute {
			t.Errorf("installation %q of %v", id, created)
		}
		if info, err := os.Stat(s.o.KeyPath); err != nil || info.Size() != 32 || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("the key file is %v, %v", info, err)
		}
		check(t, s.Ping(t.Context()))
		check(t, s.Close())
		check(t, s.Close())
		if err := s.Record(t.Context(), owner, "x", "", nil); !errors.Is(err, secant.ErrUnavailable) {
			t.Errorf("writing after Close gave %v", err)
		}
		again := mustOpen(t, optionsIn(dir))
		if again.InstallationID() != id || !again.CreatedAt().Equal(created) {
			t.Error("another start changed the installation")
		}
	})
	t.Run("path with characters of an address", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(t.TempDir(), "50% ?mode=memory #1 ü")
		check(t, os.Mkdir(dir, 0o755))
		s := mustOpen(t, optionsIn(dir))
		shop(t, s)
		check(t, s.Close())
		if _, err := os.Stat(filepath.Join(dir, "secant.db")); err != nil {
			t.Error(err)
		}
	})
	t.Run("warns of a key that others can read", func(t *testing.T) {
		t.Parallel()
		if runtime.GOOS == "windows" {
			return // has no such modes
		}
		o := optionsIn(t.TempDir())
		check(t, mustOpen(t, o).Close())
		check(t, os.Chmod(o.KeyPath, 0o644))
		var log bytes.Buffer
		o.Logger = slog.New(slog.NewTextHandler(&log, nil))
		mustOpen(t, o)
		if !strings.Contains(log.String(), "chmod 600") {
			t.Errorf("the log has %q", log.String())
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	// damage changes the closed database's files.
	for _, test := range []struct {
		name   string
		damage func(testing.TB, Options)
		want   string // in the error
	}{
		{"missing key", func(tb testing.TB, o Options) { check(tb, os.Remove(o.KeyPath)) }, "secret.key is missing"},
		{"wrong key", func(tb testing.TB, o Options) {
			check(tb, os.WriteFile(o.KeyPath, bytes.Repeat([]byte{7}, 32), 0o600))
		}, "restore the key that belongs to it"},
		{"cut key", func(tb testing.TB, o Options) { check(tb, os.WriteFile(o.KeyPath, []byte("x"), 0o600)) }, "has 1 bytes instead of 32"},
		{"no database at all", func(tb testing.TB, o Options) {
			check(tb, os.WriteFile(o.Path, bytes.Repeat([]byte("not a database "), 1000), 0o600))
		}, "is damaged; stop Secant"},
		{"damaged pages", func(tb testing.TB, o Options) {
			raw := readFile(tb, o.Path)
			for i := 1024; i < len(raw); i++ {
				raw[i] ^= 0x55
			}
			check(tb, os.WriteFile(o.Path, raw, 0o600))
		}, "is damaged; stop Secant"},
		{"a newer schema", func(tb testing.TB, o Options) {
			run(tb, o, `INSERT INTO migrations (number, name, sum, applied_at) VALUES (99, '0099_future.sql', 'x', 0)`)
		}, "written by a newer Secant"},
		{"a changed migration", func(tb testing.TB, o Options) {
			run(tb, o, `UPDATE migrations SET sum = 'x' WHERE number = 1`)
		}, "made by a different build"},
		{"settings of another row", func(tb testing.TB, o Options) {
			run(tb, o, `UPDATE destinations SET id = 'moved'`)
		}, `destination "moved"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := optionsIn(t.TempDir())
			s := mustOpen(t, o)
			shop(t, s)
			check(t, s.Close())
			test.damage(t, o)
			_, err := Open(t.Context(), o)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want one with %q", err, test.want)
			}
		})
	}
	t.Run("missing directory", func(t *testing.T) {
		t.Parallel()
		_, err := Open(t.Context(), optionsIn(filepath.Join(t.TempDir(), "none")))
		if err == nil || !strings.Contains(err.Error(), "must exist and be writable") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("second process", func(t *testing.T) {
		t.Parallel()
		s := newStore(t)
		_, err := Open(t.Context(), s.o)
		if err == nil || !strings.Contains(err.Error(), "in use by another Secant process") {
			t.Errorf("got %v", err)
		}
		check(t, s.Close())
		mustOpen(t, s.o)
	})
}

// run changes a closed database behind the store's back.
func run(tb testing.TB, o Options, query string) {
	tb.Helper()
	db, err := sql.Open("sqlite", o.Path)
	check(tb, err)
	_, err = db.ExecContext(tb.Context(), query)
	check(tb, errors.Join(err, db.Close()))
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	one := fstest.MapFS{"migrations/0001_a.sql": {Data: []byte(`CREATE TABLE a (x BIGINT);`)}}
	two := fstest.MapFS{"migrations/0001_a.sql": one["migrations/0001_a.sql"],
		"migrations/0002_b.sql": {Data: []byte(`CREATE TABLE b (y BIGINT); INSERT INTO b VALUES (1); INSERT INTO nowhere VALUES (1);`)}}
	path := filepath.Join(t.TempDir(), "x.db")
	db, err := open(path, "_txlock=immediate")
	check(t, err)
	defer db.Close()
	apply := func(files fs.FS) error {
		return migrate(t.Context(), db, path, must(loadMigrations(files))(t), time.Now)
	}
	check(t, apply(one))
	check(t, apply(one))
	if err := apply(two); err == nil || !strings.Contains(err.Error(), "0002_b.sql") {
		t.Errorf("a failing migration gave %v", err)
	}
	// The failing one has left nothing, so a mended one applies.
	two["migrations/0002_b.sql"] = &fstest.MapFile{Data: []byte(`CREATE TABLE b (y BIGINT);`)}
	check(t, apply(two))
	if err := apply(one); err == nil || !strings.Contains(err.Error(), "newer Secant") {
		t.Errorf("an older program gave %v", err)
	}
	if _, err := loadMigrations(fstest.MapFS{"migrations/0002_b.sql": {}}); err == nil {
		t.Error("a gap in the numbers was accepted")
	}
}

// writeForever adds pairs of sources in one transaction each, and says so on
// standard output once they are committed.
func writeForever(dir string) error {
	ctx := context.Background()
	s, err := Open(ctx, optionsIn(dir))
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		var changes []secant.Change
		for _, half := range []string{"a", "b"} {
			src := &secant.Source{ID: fmt.Sprintf("s%d-%s", i, half), Name: "S", Type: "server"}
			changes = append(changes, secant.Change{Action: secant.ActionCreate, Kind: secant.KindSource, ID: src.ID, Source: src})
		}
		if err := s.Apply(ctx, owner, changes); err != nil {
			return err
		}
		fmt.Println(i)
	}
}

// TestKill kills a writing process and looks whether every acknowledged
// transaction is there, whole, and nothing half.
func TestKill(t *testing.T) {
	t.Parallel()
	for round := range 3 {
		dir := t.TempDir()
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "STORE_TEST_WRITER="+dir)
		cmd.Stderr = os.Stderr
		out := must(cmd.StdoutPipe())(t)
		check(t, cmd.Start())
		lines := bufio.NewScanner(out)
		acked := -1
		for lines.Scan() {
			if _, err := fmt.Sscan(lines.Text(), &acked); err != nil {
				t.Fatal(err)
			}
			if acked >= 20+7*round {
				check(t, cmd.Process.Kill())
			}
		}
		if err := cmd.Wait(); err == nil || acked < 0 {
			t.Fatalf("the writer ended by itself: %v", err)
		}
		s := mustOpen(t, optionsIn(dir))
		w := s.Workspace()
		for i := range acked + 1 {
			if w.Sources[fmt.Sprintf("s%d-a", i)] == nil || w.Sources[fmt.Sprintf("s%d-b", i)] == nil {
				t.Errorf("acknowledged pair %d is not there", i)
			}
		}
		if len(w.Sources)%2 != 0 {
			t.Error("half a transaction is there")
		}
		audit := must(s.ListAudit(t.Context(), AuditFilter{Action: "source."}, Page{}))(t)
		if audit.Total != len(w.Sources) {
			t.Errorf("%d sources have %d audit entries", len(w.Sources), audit.Total)
		}
	}
}
