package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// usage is what a process has used since it started.
type usage struct {
	CPU     float64 // seconds, user and system
	Peak    int64   // bytes resident at most since resetPeak
	Written int64   // bytes sent to the disk
	Stored  int64   // bytes in its files
}

func (t *target) usage() (usage, error) {
	var u usage
	pid := t.cmd.Process.Pid
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return u, fmt.Errorf("read CPU time: %w", err)
	}
	// The name in parentheses may hold anything; the fields after it count
	// from 3. utime and stime are 14 and 15, in ticks of 10 ms.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	for _, f := range fields[11:13] {
		n, err := strconv.ParseFloat(f, 64)
		if err != nil {
			return u, fmt.Errorf("read CPU time: %w", err)
		}
		u.CPU += n / 100
	}
	if u.Peak, err = procField(pid, "status", "VmHWM:"); err != nil {
		return u, err
	}
	u.Peak *= 1024
	if u.Written, err = procField(pid, "io", "write_bytes:"); err != nil {
		return u, err
	}
	u.Stored, err = t.stored()
	return u, err
}

func procField(pid int, file, name string) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
	if err != nil {
		return 0, fmt.Errorf("read process: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			return strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
		}
	}
	return 0, fmt.Errorf("read process: no %s in %s", name, file)
}

// resetPeak makes the kernel count the peak of resident memory anew.
func (t *target) resetPeak() error {
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", t.cmd.Process.Pid), []byte("5"), 0); err != nil {
		return fmt.Errorf("reset memory peak: %w", err)
	}
	return nil
}

// pin gives the server the first core and this process the others, as a server
// that is really loaded would have it. Threads to come inherit it.
func pin(o options, t *target) error {
	cores := runtime.NumCPU()
	if !o.Pin || cores < 2 {
		return nil
	}
	var first, others unix.CPUSet
	first.Set(0)
	for i := 1; i < cores; i++ {
		others.Set(i)
	}
	if err := setAffinity(t.cmd.Process.Pid, &first); err != nil {
		return err
	}
	return setAffinity(os.Getpid(), &others)
}

func setAffinity(pid int, set *unix.CPUSet) error {
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return fmt.Errorf("pin process: %w", err)
	}
	for _, task := range tasks {
		tid, err := strconv.Atoi(task.Name())
		if err != nil {
			return fmt.Errorf("pin process: %w", err)
		}
		if err := unix.SchedSetaffinity(tid, set); err != nil {
			return fmt.Errorf("pin process: %w", err)
		}
	}
	return nil
}

// used is what a file takes on the disk, which is less than its size when it
// has room prepared and not yet written.
func used(info fs.FileInfo) int64 {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return min(info.Size(), st.Blocks*512)
	}
	return info.Size()
}

// cpuModel names the processor.
func cpuModel() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "model name") {
			_, name, _ := strings.Cut(line, ":")
			return strings.TrimSpace(name)
		}
	}
	return runtime.GOARCH
}

// fileSystem names the kind of file system that dir is on.
func fileSystem(dir string) string {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return "unknown"
	}
	switch uint32(st.Type) {
	case unix.EXT4_SUPER_MAGIC:
		return "ext4"
	case unix.XFS_SUPER_MAGIC:
		return "xfs"
	case unix.BTRFS_SUPER_MAGIC:
		return "btrfs"
	case unix.TMPFS_MAGIC:
		return "tmpfs: not a disk, fsync costs nothing"
	case unix.OVERLAYFS_SUPER_MAGIC:
		return "overlayfs"
	}
	return fmt.Sprintf("0x%x", uint32(st.Type))
}
