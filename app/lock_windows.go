package app

import (
	"os"

	"golang.org/x/sys/windows"
)

// lockFile takes the lock that the system drops when the process ends. It
// covers a byte far behind the contents, so that others can still read them.
func lockFile(f *os.File) error {
	return windows.LockFileEx(windows.Handle(f.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &windows.Overlapped{Offset: 1 << 30})
}
