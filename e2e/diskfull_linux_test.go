package e2e

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/secantdev/secant/internal/testkit"
)

// TestDiskFull fills a file system of its own to the brim under load. Requests
// must get 503 with Retry-After, never a false 200; when there is room again
// the same process must go on by itself, and nothing acknowledged may be lost.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "small")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=96m"); err != nil {
		t.Skipf("NOT TESTED: disk full. Mounting a file system of limited size needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	sink := testkit.NewSink(t)
	s := testkit.Start(t, testkit.Options{Dir: filepath.Join(dir, "data"), Config: one(sink.URL("/hook"))})
	// The server must have stopped before its disk is taken away.
	t.Cleanup(func() {
		if s.Running() {
			s.Kill()
		}
	})
	w := startWriters(t, s, "full", pace{singles: 3, batches: 1, pause: 5 * time.Millisecond, size: 50})
	for round := range 2 {
		grows(t, w, "before the disk is full")
		ballast := filepath.Join(dir, "ballast")
		fill(t, ballast)
		testkit.WaitFor(t, 60*time.Second, "requests to be refused", func() (bool, string) {
			fill(t, ballast) // what the server gave free meanwhile
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.shed > 20*(round+1), fmt.Sprintf("%d refused", w.shed)
		})
		testkit.WaitFor(t, 15*time.Second, "readyz to be 503 and say why", func() (bool, string) {
			fill(t, ballast)
			status, text := ready(t, s)
			return status == http.StatusServiceUnavailable && strings.Contains(text, "no space left"), text
		})
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		grows(t, w, "after there is room again")
		testkit.WaitFor(t, 15*time.Second, "readyz to be 200 again", func() (bool, string) {
			status, text := ready(t, s)
			return status == http.StatusOK, text
		})
	}
	w.finish()
	o := w.check(t, s, sink, 60*time.Second)
	if o.Shed == 0 {
		t.Error("no request was refused: the disk was never full")
	}
	checkCounters(t, s, o)
}

// ready asks whether the server is ready.
func ready(t *testing.T, s *testkit.Server) (status int, text string) {
	t.Helper()
	resp, err := s.Client.Get(s.URL + "/readyz")
	if err != nil {
		t.Fatalf("readyz: %v", err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("readyz: %v", err)
	}
	return resp.StatusCode, string(raw)
}

// grows waits until some more events are acknowledged.
func grows(t *testing.T, w *writers, when string) {
	t.Helper()
	from := w.acks()
	testkit.WaitFor(t, 20*time.Second, "events to be acknowledged "+when, func() (bool, string) {
		return w.acks() > from+500, fmt.Sprintf("%d since", w.acks()-from)
	})
}

// fill appends to the file until there is no room left, down to one byte.
func fill(t *testing.T, name string) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		if errors.Is(err, syscall.ENOSPC) {
			return
		}
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 1<<20); len(block) > 0; {
		_, err := f.Write(block)
		switch {
		case errors.Is(err, syscall.ENOSPC):
			block = block[:len(block)/2]
		case err != nil:
			t.Fatal(err)
		}
	}
}
