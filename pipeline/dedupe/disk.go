package dedupe

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// patientFS waits where the disk is full, instead of failing: Pebble takes a
// failed write of its own files as the end, but all it takes is some room.
type patientFS struct {
	vfs.FS
	log     *slog.Logger
	waiting atomic.Int64 // writes that wait
	closing atomic.Bool
}

// roomInterval is how often a waiting write is tried again.
const roomInterval = 200 * time.Millisecond

func newPatientFS(fs vfs.FS, log *slog.Logger) *patientFS { return &patientFS{FS: fs, log: log} }

// giveUp makes waiting writes fail and reports whether there were any.
func (p *patientFS) giveUp() bool {
	p.closing.Store(true)
	return p.waiting.Load() > 0
}

// wait returns when no write waits for room.
func (p *patientFS) wait(ctx context.Context) error {
	for p.waiting.Load() > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(roomInterval):
		}
	}
	return nil
}

// try calls f until it fails for another reason than a full disk.
func (p *patientFS) try(f func() error) error {
	err := f()
	if !full(err) || p.closing.Load() {
		return err
	}
	if p.waiting.Add(1) == 1 {
		p.log.Error("dedupe index: the disk is full, waiting for room", "error", err)
	}
	defer p.waiting.Add(-1)
	for full(err) && !p.closing.Load() {
		time.Sleep(roomInterval)
		err = f()
	}
	return err
}

func full(err error) bool {
	return vfs.IsNoSpaceError(err) || errors.Is(err, syscall.EDQUOT)
}

// Create implements vfs.FS.
func (p *patientFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return p.open(func() (vfs.File, error) { return p.FS.Create(name, c) })
}

// OpenReadWrite implements vfs.FS.
func (p *patientFS) OpenReadWrite(name string, c vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	return p.open(func() (vfs.File, error) { return p.FS.OpenReadWrite(name, c, opts...) })
}

// ReuseForWrite implements vfs.FS.
func (p *patientFS) ReuseForWrite(oldname, newname string, c vfs.DiskWriteCategory) (vfs.File, error) {
	return p.open(func() (vfs.File, error) { return p.FS.ReuseForWrite(oldname, newname, c) })
}

// Link implements vfs.FS.
func (p *patientFS) Link(oldname, newname string) error {
	return p.try(func() error { return p.FS.Link(oldname, newname) })
}

// Rename implements vfs.FS.
func (p *patientFS) Rename(oldname, newname string) error {
	return p.try(func() error { return p.FS.Rename(oldname, newname) })
}

// Unwrap implements vfs.FS.
func (p *patientFS) Unwrap() vfs.FS { return p.FS }

func (p *patientFS) open(f func() (vfs.File, error)) (vfs.File, error) {
	var file vfs.File
	err := p.try(func() (err error) {
		file, err = f()
		return err
	})
	if err != nil {
		return nil, err
	}
	return &patientFile{file, p}, nil
}

// patientFile is a file of a patientFS that is written.
type patientFile struct {
	vfs.File
	fs *patientFS
}

// Write implements io.Writer.
func (f *patientFile) Write(b []byte) (int, error) {
	done := 0
	err := f.fs.try(func() error {
		n, err := f.File.Write(b[done:])
		done += n
		return err
	})
	return done, err
}

// WriteAt implements io.WriterAt.
func (f *patientFile) WriteAt(b []byte, off int64) (int, error) {
	done := 0
	err := f.fs.try(func() error {
		n, err := f.File.WriteAt(b[done:], off+int64(done))
		done += n
		return err
	})
	return done, err
}

// Preallocate implements vfs.File. It is a hint; without room the write waits.
func (f *patientFile) Preallocate(offset, length int64) error {
	if err := f.File.Preallocate(offset, length); !full(err) {
		return err
	}
	return nil
}
