//go:build unix

package e2e

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/secantdev/secant/internal/testkit"
)

// TestUnreadableDataDirectory runs the server as a user without rights to the
// directory: nobody, when the test runs as root.
func TestUnreadableDataDirectory(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o000); err != nil {
		t.Fatal(err)
	}
	o := testkit.Options{Dir: dir}
	if os.Getuid() == 0 {
		o.Binary = forNobody(t, filepath.Dir(dir))
		o.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	refuses(t, o, dir, "permission")
}

// forNobody opens the test's directories to all and copies the program there:
// the checkout may lie in a home that is closed to others.
func forNobody(t *testing.T, dir string) string {
	t.Helper()
	for parent := dir; parent != "/" && parent != filepath.Clean(os.TempDir()); parent = filepath.Dir(parent) {
		if err := os.Chmod(parent, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	built, err := testkit.Binary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(built)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(dir, "secant")
	if err := os.WriteFile(copied, program, 0o755); err != nil {
		t.Fatal(err)
	}
	return copied
}
