//go:build unix

package app

import (
	"os"

	"golang.org/x/sys/unix"
)

// lockFile takes the lock that the system drops when the process ends.
func lockFile(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) }
