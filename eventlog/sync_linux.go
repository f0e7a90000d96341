package eventlog

import (
	"os"

	"golang.org/x/sys/unix"
)

// syncData makes what was written to f durable, with as much metadata as
// reading it back needs.
func syncData(f *os.File) error {
	for {
		err := unix.Fdatasync(int(f.Fd()))
		if err == nil {
			return nil
		}
		// Interrupted before it began: no write-back error was consumed.
		if err != unix.EINTR {
			return &os.PathError{Op: "fdatasync", Path: f.Name(), Err: err}
		}
	}
}

// inMemory names the file system of dir when what it holds does not survive a
// power cut.
func inMemory(dir string) string {
	var st unix.Statfs_t
	if unix.Statfs(dir, &st) != nil {
		return ""
	}
	switch uint32(st.Type) {
	case unix.TMPFS_MAGIC:
		return "tmpfs"
	case unix.RAMFS_MAGIC:
		return "ramfs"
	}
	return ""
}
