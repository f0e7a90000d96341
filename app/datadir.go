package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// dataDir is the locked data directory.
type dataDir struct {
	path string
	lock *os.File
}

// openDataDir creates the directory when it is missing and locks it, so that a
// second server is refused with the name of the first.
func openDataDir(path string) (*dataDir, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("create the data directory: %w\nTry: another --data, or give this user the right to write there", err)
	}
	lock, err := os.OpenFile(filepath.Join(path, "secant.lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("permission denied: the data directory %s is not writable by this user (%s)\nTry: chown -R %d %s, or another --data", path, owner(path), os.Getuid(), path)
	}
	if err != nil {
		return nil, fmt.Errorf("open the data directory: %w", err)
	}
	if err := lockFile(lock); err != nil {
		holder := make([]byte, 200)
		n, _ := lock.ReadAt(holder, 0)
		_ = lock.Close()
		return nil, fmt.Errorf("the data directory %s is in use by %s\nTry: stop it first, or start this one with another --data",
			path, orUnknown(strings.TrimSpace(string(holder[:n]))))
	}
	return &dataDir{path: path, lock: lock}, nil
}

// describe writes who holds the directory into the lock file.
func (d *dataDir) describe(holder string) error {
	if err := d.lock.Truncate(0); err != nil {
		return fmt.Errorf("write the lock file: %w", err)
	}
	if _, err := d.lock.WriteAt([]byte(holder+"\n"), 0); err != nil {
		return fmt.Errorf("write the lock file: %w", err)
	}
	return nil
}

// file returns the path of a file or folder in the directory.
func (d *dataDir) file(name string) string { return filepath.Join(d.path, name) }

// close gives the directory free.
func (d *dataDir) close() error { return d.lock.Close() }

func owner(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return "unknown owner"
	}
	return "mode " + info.Mode().Perm().String()
}

func orUnknown(s string) string {
	if s == "" {
		return "another process"
	}
	return s
}
