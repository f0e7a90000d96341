// Package testkit runs Secant as its users do: it builds the binary, starts it
// on a data directory, talks to it over HTTP, kills it, and gives it a real
// webhook to deliver to. Tests and measurements use it; the binary never
// contains it (internal/archtest sees to that).
//
// Ports are taken below the range that the kernel hands to outgoing
// connections: a client that dials a port of a killed server inside that range
// can be connected to itself, and then the server cannot come back to it.
package testkit

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var binary struct {
	sync.Once
	dir, path string
	err       error
}

// Binary returns the path of the program under test: what SECANT_BIN names, or
// one built from this checkout, once per test process. With the race detector
// on, the built one has it too.
func Binary(ctx context.Context) (string, error) {
	binary.Do(func() {
		if binary.path = os.Getenv("SECANT_BIN"); binary.path != "" {
			binary.path, binary.err = filepath.Abs(binary.path)
			return
		}
		root, err := Root()
		if err != nil {
			binary.err = err
			return
		}
		if binary.dir, binary.err = os.MkdirTemp("", "secant-testkit-"); binary.err != nil {
			return
		}
		binary.path = filepath.Join(binary.dir, "secant")
		args := []string{"build", "-o", binary.path}
		if raceEnabled {
			args = append(args, "-race")
		}
		build := exec.CommandContext(ctx, "go", append(args, "./cmd/secant")...)
		build.Dir = root
		if out, err := build.CombinedOutput(); err != nil {
			binary.err = fmt.Errorf("build cmd/secant: %w\n%s", err, out)
		}
	})
	return binary.path, binary.err
}

// RemoveBinary deletes what Binary built. No server can be started after it.
func RemoveBinary() {
	if binary.dir != "" {
		os.RemoveAll(binary.dir)
	}
}

// Main is the TestMain of packages that start servers: it runs the tests and
// removes the binary built for them.
func Main(m *testing.M) {
	code := m.Run()
	RemoveBinary()
	os.Exit(code)
}

// Root returns the directory of the repository, found upwards from the working
// directory.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find repository: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("find repository: no go.mod above the working directory")
		}
		dir = parent
	}
}

// FreeAddr returns a loopback address nobody listens on.
func FreeAddr() (string, error) {
	for range 200 {
		addr := fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(22_000))
		l, err := net.Listen("tcp", addr)
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			return "", fmt.Errorf("close probe: %w", err)
		}
		return addr, nil
	}
	return "", fmt.Errorf("find a free port: 200 random ports between 10000 and 32000 are taken")
}

// WaitFor asks cond until it is true. It fails the test when that takes longer
// than limit, saying what was waited for and what cond last said.
func WaitFor(t testing.TB, limit time.Duration, what string, cond func() (ok bool, now string)) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for pause := time.Millisecond; ; pause = min(pause*2, 100*time.Millisecond) {
		ok, now := cond()
		if ok {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited %s for %s; now: %s", limit, what, strings.TrimSpace(now))
		}
		time.Sleep(pause)
	}
}
