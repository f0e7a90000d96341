package eventlog

import (
	"io"
	"os"
)

// file is what the log does with the file it writes. It is an interface so
// that tests can make a real file fail at a chosen point.
type file interface {
	io.WriterAt
	Truncate(size int64) error
	Sync() error // durable once it returns nil; never called again after an error
	Close() error
}

// storage creates log files and removes them.
type storage interface {
	create(path string) (file, error)
	remove(path string) error
	syncDir(dir string) error
}

// disk is the storage outside of tests.
type disk struct{}

type diskFile struct{ *os.File }

func (f diskFile) Sync() error { return syncData(f.File) }

func (disk) create(path string) (file, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	return diskFile{f}, nil
}

func (disk) remove(path string) error { return os.Remove(path) }

func (disk) syncDir(dir string) error { return syncDir(dir) }
