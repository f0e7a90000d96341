package eventlog

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/secantdev/secant"
)

// TestFullDisk fills a real file system of limited size to the brim.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("SKIPPED: mounting a size-limited tmpfs needs root; a full disk is NOT tested here")
	}
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=8m"); err != nil {
		t.Skipf("SKIPPED: cannot mount a size-limited tmpfs (%v); a full disk is NOT tested here", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	dir, ballast := filepath.Join(disk, "log"), filepath.Join(disk, "ballast")
	l, err := Open(Options{Dir: dir, FileSize: 1 << 20, Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	random := rand.NewChaCha8([32]byte{})
	b := make([]byte, 20_000)
	if _, err := random.Read(b); err != nil {
		t.Fatal(err)
	}
	noise := string(b)
	var acked []string
	var refused error
	fill := func(round int) {
		for i := 0; ; i++ {
			id := fmt.Sprintf("%d-%d", round, i)
			r := record(uint32(i), id)
			r.Source = noise[i%len(noise):] // does not get smaller when compressed
			if refused = l.Append(context.Background(), []secant.Record{r}); refused != nil {
				return
			}
			acked = append(acked, id)
		}
	}
	if err := os.WriteFile(ballast, make([]byte, 6<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	for round := range 3 {
		fill(round)
		if !errors.Is(refused, secant.ErrUnavailable) || !errors.Is(refused, syscall.ENOSPC) || !strings.Contains(refused.Error(), "free space") {
			t.Fatalf("a full disk answers %v", refused)
		}
		if l.Health() == nil {
			t.Fatal("Health is nil on a full disk")
		}
		sameIDs(t, idCounts(t, l), acked)
		if round < 2 { // make space: the log goes on by itself
			if err := os.Truncate(ballast, int64(4-3*round)<<20); err != nil {
				t.Fatal(err)
			}
			waitHealthy(t, l)
		}
	}
	if len(acked) < 100 {
		t.Fatalf("only %d records fitted", len(acked))
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}

	// A full disk keeps nobody from starting and reading.
	l, err = Open(Options{Dir: dir, FileSize: 1 << 20, Logger: quiet()})
	if err != nil {
		t.Fatalf("open on a full disk: %v", err)
	}
	sameIDs(t, idCounts(t, l), acked)
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if err := l.Append(context.Background(), []secant.Record{record(0, "last")}); err != nil {
		waitHealthy(t, l)
		if err := l.Append(context.Background(), []secant.Record{record(0, "last")}); err != nil {
			t.Fatal(err)
		}
	}
	sameIDs(t, idCounts(t, l), append(acked, "last"))
	for p := range l.Partitions() {
		checkDense(t, l, p)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}
