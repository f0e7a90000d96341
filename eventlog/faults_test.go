package eventlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/secantdev/secant"
)

// faulty is the real disk, failing where a test says so.
type faulty struct {
	disk
	failSync     atomic.Pointer[error]
	failWrite    atomic.Pointer[error] // half of the bytes are written all the same
	failTruncate atomic.Pointer[error]
	failCreate   atomic.Pointer[error]
	shortWrite   atomic.Bool
	afterSync    sync.Map // path → syncs asked for after one failed
}

type faultyFile struct {
	file
	s      *faulty
	path   string
	failed bool
}

func (s *faulty) create(path string) (file, error) {
	if err := s.failCreate.Load(); err != nil {
		return nil, *err
	}
	f, err := s.disk.create(path)
	return &faultyFile{file: f, s: s, path: path}, err
}

func (f *faultyFile) WriteAt(b []byte, off int64) (int, error) {
	if err := f.s.failWrite.Load(); err != nil {
		n, _ := f.file.WriteAt(b[:len(b)/2], off)
		return n, *err
	}
	if f.s.shortWrite.Load() {
		return f.file.WriteAt(b[:len(b)/2], off)
	}
	return f.file.WriteAt(b, off)
}

func (f *faultyFile) Sync() error {
	if f.failed {
		f.s.afterSync.Store(f.path, true)
	}
	if err := f.s.failSync.Load(); err != nil {
		f.failed = true
		return *err
	}
	return f.file.Sync()
}

func (f *faultyFile) Truncate(n int64) error {
	if err := f.s.failTruncate.Load(); err != nil {
		return *err
	}
	return f.file.Truncate(n)
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func openFaulty(t testing.TB, dir string, s storage) *Log {
	t.Helper()
	o := Options{Dir: dir, Logger: quiet()}
	e, err := openFiles(o, s)
	if err != nil {
		t.Fatal(err)
	}
	l, err := New(e, o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// waitHealthy waits until appends work again.
func waitHealthy(t testing.TB, l *Log) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); l.Health() != nil; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the log did not recover: %v", l.Health())
		}
	}
}

// contents reads the log through and returns how often each id is there.
func idCounts(t testing.TB, l *Log) map[string]int {
	t.Helper()
	m := map[string]int{}
	for _, p := range ids(t, l) {
		for _, id := range p {
			m[id]++
		}
	}
	return m
}

func sameIDs(t testing.TB, got map[string]int, want []string) {
	t.Helper()
	for _, id := range want {
		if got[id] != 1 {
			t.Errorf("acknowledged record %s is there %d times", id, got[id])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d records, want the %d acknowledged ones", len(got), len(want))
	}
}

func TestFailedCommitIsNeverSeen(t *testing.T) {
	t.Parallel()
	eio := error(syscall.EIO)
	for name, c := range map[string]struct {
		fail, heal func(s *faulty)
	}{
		"Sync": {
			func(s *faulty) { s.failSync.Store(&eio) },
			func(s *faulty) { s.failSync.Store(nil) },
		},
		"SyncAndTruncate": { // the failed commit stays in the file
			func(s *faulty) { s.failSync.Store(&eio); s.failTruncate.Store(&eio) },
			func(s *faulty) { s.failSync.Store(nil); s.failTruncate.Store(nil) },
		},
		"Write": {
			func(s *faulty) { s.failWrite.Store(&eio) },
			func(s *faulty) { s.failWrite.Store(nil) },
		},
		"WriteAndTruncate": {
			func(s *faulty) { s.failWrite.Store(&eio); s.failTruncate.Store(&eio) },
			func(s *faulty) { s.failWrite.Store(nil); s.failTruncate.Store(nil) },
		},
		"ShortWrite": {
			func(s *faulty) { s.shortWrite.Store(true) },
			func(s *faulty) { s.shortWrite.Store(false) },
		},
		"SyncAndCreate": {
			func(s *faulty) { s.failSync.Store(&eio); s.failCreate.Store(&eio) },
			func(s *faulty) { s.failSync.Store(nil); s.failCreate.Store(nil) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, s := t.TempDir(), &faulty{}
			l := openFaulty(t, dir, s)
			var acked []string
			appendOne := func(id string) error {
				err := l.Append(context.Background(), []secant.Record{record(0, id), record(1, id+"'")})
				if err == nil {
					acked = append(acked, id, id+"'")
				}
				return err
			}
			for round := range 3 {
				for i := range 3 {
					if err := appendOne(fmt.Sprint(round, "-", i)); err != nil {
						t.Fatal(err)
					}
				}
				c.fail(s)
				for i := range 3 {
					err := appendOne(fmt.Sprint(round, "-failed-", i))
					if !errors.Is(err, secant.ErrUnavailable) {
						t.Fatalf("append to a failing disk: %v", err)
					}
					if !strings.Contains(err.Error(), dir) {
						t.Errorf("the error does not name the directory: %v", err)
					}
				}
				if l.Health() == nil {
					t.Error("Health is nil while appends fail")
				}
				sameIDs(t, idCounts(t, l), acked)
				c.heal(s)
				waitHealthy(t, l)
			}
			if err := appendOne("last"); err != nil {
				t.Fatal(err)
			}
			sameIDs(t, idCounts(t, l), acked)
			s.afterSync.Range(func(path, _ any) bool {
				t.Errorf("%s was synced again after a failed sync", path)
				return true
			})

			// What a killed process leaves behind, and what a closed one does.
			killed := copyDir(t, dir)
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			for _, dir := range []string{killed, dir} {
				l := mustOpen(t, Options{Dir: dir, Logger: quiet()})
				sameIDs(t, idCounts(t, l), acked)
				for p := range l.Partitions() {
					checkDense(t, l, p)
				}
			}
		})
	}
}

// A crash right after a failed sync, before any new file tells where the old
// one ends, may bring the failed commit back, but only as a whole new one: no
// number is given twice.
func TestCrashAfterFailedSync(t *testing.T) {
	t.Parallel()
	eio := error(syscall.EIO)
	dir, s := t.TempDir(), &faulty{}
	l := openFaulty(t, dir, s)
	ctx := context.Background()
	if err := l.Append(ctx, []secant.Record{record(0, "a")}); err != nil {
		t.Fatal(err)
	}
	s.failSync.Store(&eio)
	s.failTruncate.Store(&eio)
	s.failCreate.Store(&eio)
	if err := l.Append(ctx, []secant.Record{record(0, "b")}); err == nil {
		t.Fatal("append succeeded on a failing disk")
	}
	killed := copyDir(t, dir)
	l2 := mustOpen(t, Options{Dir: killed, Logger: quiet()})
	if err := l2.Append(ctx, []secant.Record{record(0, "c")}); err != nil {
		t.Fatal(err)
	}
	if got := ids(t, l2)[0]; fmt.Sprint(got) != "[a b c]" {
		t.Errorf("got %v", got)
	}
	checkDense(t, l2, 0)
	s.failTruncate.Store(nil)
	_ = l.Close()
}

// checkDense checks that the chunks of a partition are numbered without holes.
func checkDense(t testing.TB, l *Log, p int) {
	t.Helper()
	first, next := l.Bounds(p)
	r := l.Read(p, 0)
	defer r.Close()
	for want := first; ; want++ {
		c, ok, err := r.TryNext()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			if want != next {
				t.Errorf("partition %d ends before %d, want %d", p, want, next)
			}
			return
		}
		if c.Seq != want || c.Skipped != 0 || c.Missed != 0 {
			t.Errorf("partition %d: chunk %d (skipped %d, missed %d), want %d", p, c.Seq, c.Skipped, c.Missed, want)
		}
	}
}

// copyDir copies a log's files as they are, as if its process had been killed.
func copyDir(t testing.TB, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

func TestPartitionsAreFixed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := mustOpen(t, Options{Dir: dir, Partitions: 3})
	if err := l.Append(context.Background(), []secant.Record{record(0, "a")}); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := Open(Options{Dir: dir, Partitions: 5})
	if !errors.Is(err, secant.ErrInvalid) || !strings.Contains(err.Error(), "made with 3: set it to 3") {
		t.Errorf("got %v", err)
	}
}

func TestSecondProcessIsNamed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mustOpen(t, Options{Dir: dir})
	_, err := Open(Options{Dir: dir})
	if !errors.Is(err, secant.ErrConflict) || !strings.Contains(err.Error(), fmt.Sprint("process ", os.Getpid())) {
		t.Errorf("got %v", err)
	}
}

// logged is a logger that keeps what it is told.
func logged() (*slog.Logger, func() string) {
	var mu sync.Mutex
	var b bytes.Buffer
	w := writerFunc(func(p []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return b.Write(p)
	})
	return slog.New(slog.NewTextHandler(w, nil)), func() string {
		mu.Lock()
		defer mu.Unlock()
		return b.String()
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
