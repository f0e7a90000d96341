package eventlog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/secantdev/secant"
)

// lockDir takes the directory for this process. The file is left in place when
// it is released: removing it would let two processes lock two files.
func lockDir(dir string) (*os.File, error) {
	path := filepath.Join(dir, "lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if errors.Is(err, os.ErrPermission) {
		return nil, fmt.Errorf("lock the event log: %w: give the user this program runs as the right to write in %s", err, dir)
	}
	if err != nil {
		return nil, fmt.Errorf("lock the event log: %w", err)
	}
	ok, err := tryLock(f)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock the event log %s: %w", path, err), f.Close())
	}
	if !ok {
		b, _ := io.ReadAll(io.LimitReader(f, 100))
		holder := "another process"
		if pid := bytes.TrimSpace(b); len(pid) > 0 {
			holder = "process " + string(pid)
		}
		return nil, errors.Join(fmt.Errorf("%w: the event log in %s is in use by %s: stop that process first, or choose another data directory",
			secant.ErrConflict, dir, holder), f.Close())
	}
	// The id only serves the message above, and a full disk must not keep the
	// log from being read: failures are of no consequence.
	if f.Truncate(0) == nil {
		_, _ = fmt.Fprintf(f, "%d\n", os.Getpid())
	}
	return f, nil
}
