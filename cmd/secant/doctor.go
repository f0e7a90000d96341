package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/secantdev/secant/app"
	"github.com/secantdev/secant/internal/disk"
)

type doctorCommand struct {
	Data   string `help:"Data directory to look at; it may be in use." default:"./secant-data" placeholder:"DIR"`
	Listen string `help:"Address that the server is to listen on." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
}

// finding is the outcome of one check.
type finding struct {
	level string // ok, warn or FAIL
	what  string
	next  string // what to do; empty when ok
}

// Run prints a line a check and fails when one of them did.
func (c *doctorCommand) Run(ctx context.Context, std streams) error {
	running, runErr := app.ReadRunFile(c.Data)
	serving := runErr == nil && ready(ctx, running.AdminURL) != ""
	findings := []finding{checkDir(c.Data), checkSecret(c.Data), checkDisk(c.Data), checkSync(c.Data), checkClock(time.Now())}
	if serving {
		findings = append(findings, checkServer(ctx, running))
	} else {
		findings = append(findings, checkPort(ctx, c.Listen))
	}
	failed := false
	for _, f := range findings {
		fmt.Fprintf(std.out, "%-5s %s\n", f.level, f.what)
		if f.next != "" {
			fmt.Fprintf(std.out, "      → %s\n", f.next)
		}
		failed = failed || f.level == "FAIL"
	}
	if failed {
		return errReported
	}
	return nil
}

func checkDir(dir string) finding {
	info, err := os.Stat(dir)
	if os.IsNotExist(err) {
		parent := filepath.Dir(filepath.Clean(dir))
		if _, err := os.Stat(parent); err != nil {
			return finding{"FAIL", "data directory " + dir + ": its parent does not exist", "mkdir -p " + parent}
		}
		return finding{"ok", "data directory " + dir + " will be created at the first start", ""}
	}
	if err != nil || !info.IsDir() {
		return finding{"FAIL", fmt.Sprintf("data directory %s: not a directory this user can read (%v)", dir, err), "choose another --data or mend its rights"}
	}
	probe, err := os.CreateTemp(dir, "doctor-*")
	if err != nil {
		return finding{"FAIL", "data directory " + dir + " is not writable: " + err.Error(), "give this user the right to write there"}
	}
	_ = probe.Close()
	_ = os.Remove(probe.Name())
	if perm := info.Mode().Perm(); perm&0o077 != 0 {
		return finding{"warn", fmt.Sprintf("data directory %s is open to other users (%s)", dir, perm), "chmod 700 " + dir}
	}
	return finding{"ok", "data directory " + dir + " is writable and private", ""}
}

func checkSecret(dir string) finding {
	path := filepath.Join(dir, "secret.key")
	info, err := os.Stat(path)
	switch {
	case os.IsNotExist(err):
		if _, err := os.Stat(filepath.Join(dir, "secant.db")); err == nil {
			return finding{"FAIL", "secret.key is missing: stored secrets cannot be read", "restore " + path + " from the backup"}
		}
		return finding{"ok", "secret.key will be made at the first start; back it up apart from the data", ""}
	case err != nil:
		return finding{"FAIL", "secret.key: " + err.Error(), "mend its rights: chmod 600 " + path}
	case info.Mode().Perm()&0o077 != 0:
		return finding{"FAIL", "secret.key can be read by other users", "chmod 600 " + path}
	}
	return finding{"ok", "secret.key is private", ""}
}

// checkSync measures how long the disk takes to make one small write durable:
// that time is the floor of every answer to a single event.
func checkSync(dir string) finding {
	if _, err := os.Stat(dir); err != nil {
		dir = filepath.Dir(filepath.Clean(dir))
	}
	f, err := os.CreateTemp(dir, "doctor-*")
	if err != nil {
		return finding{"FAIL", "write speed: " + err.Error(), "mend the data directory first"}
	}
	defer func() { _ = os.Remove(f.Name()) }()
	defer f.Close()
	var times []time.Duration
	block := make([]byte, 4096)
	for range 50 {
		start := time.Now()
		if _, err := f.Write(block); err != nil {
			return finding{"FAIL", "write speed: " + err.Error(), "free space or replace the disk"}
		}
		if err := f.Sync(); err != nil {
			return finding{"FAIL", "fsync: " + err.Error(), "the disk cannot keep what it is given: replace it"}
		}
		times = append(times, time.Since(start))
	}
	slices.Sort(times)
	median := times[len(times)/2]
	text := fmt.Sprintf("fsync takes %s (median of %d), %.0f a second", median.Round(time.Microsecond), len(times), float64(time.Second)/float64(median))
	switch {
	case median < 20*time.Microsecond:
		return finding{"warn", text + ": too fast to be true", "this disk may not keep data over a power cut (memory file system, or a volatile cache)"}
	case median > 20*time.Millisecond:
		return finding{"warn", text + ": slow", "use an SSD or a volume with a durable write cache"}
	}
	return finding{"ok", text, ""}
}

func checkClock(now time.Time) finding {
	if now.Year() < 2025 {
		return finding{"FAIL", "the clock says " + now.Format(time.RFC3339), "set the clock: receivedAt is taken from it"}
	}
	if synced, known := clockSynced(); known && !synced {
		return finding{"warn", "the clock is not synchronised", "run an NTP service such as systemd-timesyncd or chrony"}
	}
	return finding{"ok", "the clock says " + now.UTC().Format(time.RFC3339), ""}
}

func checkPort(ctx context.Context, address string) finding {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return finding{"FAIL", "listen on " + address + ": " + err.Error(), "stop what holds it, or choose another --listen"}
	}
	_ = l.Close()
	return finding{"ok", "nothing holds " + address, ""}
}

func checkServer(ctx context.Context, run app.RunFile) finding {
	state := ready(ctx, run.AdminURL)
	text := fmt.Sprintf("server at %s (process %d): %s", run.AdminURL, run.PID, state)
	if state != "ready" {
		return finding{"FAIL", text, "look at its log; GET /readyz says why"}
	}
	return finding{"ok", text, ""}
}

// ready returns what the server says of itself, or "" when none answers.
func ready(ctx context.Context, base string) string {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/readyz", nil)
	if err != nil {
		return ""
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		return "ready"
	}
	raw, _ := io.ReadAll(io.LimitReader(resp.Body, 4096))
	var answer struct{ Reasons []string }
	if json.Unmarshal(raw, &answer) == nil && len(answer.Reasons) > 0 {
		return fmt.Sprint("not ready: ", answer.Reasons)
	}
	return "not ready: " + resp.Status
}

// checkDisk warns before the log fills the file system.
func checkDisk(dir string) finding {
	if _, err := os.Stat(dir); err != nil {
		dir = filepath.Dir(filepath.Clean(dir))
	}
	free, total, err := disk.Space(dir)
	if err != nil {
		return finding{"FAIL", "disk space of " + dir + ": " + err.Error(), "check the path"}
	}
	const gb = 1 << 30
	text := fmt.Sprintf("disk: %.1f GB free of %.1f GB", float64(free)/gb, float64(total)/gb)
	switch {
	case free < gb/2:
		return finding{"FAIL", text, "free space, or lower --retain-age and --retain-bytes"}
	case free < 5*gb:
		return finding{"warn", text, "plan for more space: 1 million events take about 0.5 GB"}
	}
	return finding{"ok", text, ""}
}
