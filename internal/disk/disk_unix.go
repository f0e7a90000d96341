//go:build unix

package disk

import "golang.org/x/sys/unix"

// Space returns the bytes that an ordinary user can still write below path, and
// the size of its file system.
func Space(path string) (free, total int64, err error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(path, &fs); err != nil {
		return 0, 0, err
	}
	return int64(fs.Bavail) * int64(fs.Bsize), int64(fs.Blocks) * int64(fs.Bsize), nil //nolint:unconvert // the types differ between systems
}
