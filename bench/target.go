package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/secantdev/secant/internal/testkit"
)

// target is a started server process.
type target struct {
	Name  string
	Addr  string
	Token string // of secant's management API
	Data  string // secant's data directory

	cmd *exec.Cmd
	log *os.File
}

// startPeer starts this program as a peer in a process of its own.
func startPeer(ctx context.Context, name string, o options) (*target, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find own program: %w", err)
	}
	t := &target{Name: name, cmd: exec.CommandContext(ctx, self, "peer")}
	t.cmd.Env = serverEnv()
	t.cmd.Stderr = os.Stderr
	out, err := t.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	if err := t.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("read address of %s: %w", name, err)
	}
	t.Addr = strings.TrimSpace(line)
	return t, pin(o, t)
}

// serverEnv gives every server two threads of Go code: with one, a blocking
// fsync would stall the whole process.
func serverEnv() []string { return append(os.Environ(), "GOMAXPROCS=2") }

// startSecant starts secant with the sources of the run and, unless hook is
// empty, one webhook destination for the first of them.
func startSecant(ctx context.Context, o options, hook string) (*target, error) {
	bin, err := testkit.Binary(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(o.Data, "secant-bench-")
	if err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	config := filepath.Join(dir, "workspace.yaml")
	if err := os.WriteFile(config, []byte(workspace(o.Sources, hook)), 0o600); err != nil {
		return nil, fmt.Errorf("write workspace file: %w", err)
	}
	t := &target{Name: "secant", Token: testkit.Token, Data: filepath.Join(dir, "data")}
	if t.Addr, err = testkit.FreeAddr(); err != nil {
		return nil, err
	}
	if t.log, err = os.Create(filepath.Join(dir, "secant.log")); err != nil {
		return nil, fmt.Errorf("make log: %w", err)
	}
	t.cmd = exec.Command(bin, "serve", "--data", t.Data, "--listen", t.Addr, "--config", config, "--egress-allow", "127.0.0.0/8")
	t.cmd.Env = append(serverEnv(), "SECANT_ADMIN_TOKEN="+testkit.Token)
	t.cmd.Stdout, t.cmd.Stderr = t.log, t.log
	if err := t.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start secant: %w", err)
	}
	deadline := time.Now().Add(30 * time.Second)
	for {
		if _, err := t.get(ctx, "/readyz"); err == nil {
			return t, pin(o, t)
		} else if time.Now().After(deadline) || ctx.Err() != nil {
			text, _ := os.ReadFile(t.log.Name())
			t.stop()
			return nil, fmt.Errorf("secant is not ready after 30 s: %w\n%s", err, text)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func workspace(sources int, hook string) string {
	var b strings.Builder
	b.WriteString("sources:\n")
	for i := range sources {
		fmt.Fprintf(&b, "  - {id: bench-%d, name: Bench %d, type: javascript, writeKeys: [%s]}\n", i, i, writeKey(i))
	}
	if hook != "" {
		fmt.Fprintf(&b, "destinations:\n  - {id: hook, source: bench-0, type: webhook, enabled: true, settings: {url: %q}}\n", hook)
	}
	return b.String()
}

// stop ends the process and removes what it stored.
func (t *target) stop() {
	t.cmd.Process.Signal(syscall.SIGTERM)
	done := make(chan struct{})
	go func() { t.cmd.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.cmd.Process.Kill()
		<-done
	}
	if t.log != nil {
		t.log.Close()
		os.RemoveAll(filepath.Dir(t.log.Name()))
	}
}

func (t *target) get(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+t.Addr+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+t.Token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s %s", path, resp.Status, body)
	}
	return body, err
}

// drain waits until the pipeline has nothing left of what was acknowledged.
func (t *target) drain(ctx context.Context) error {
	if t.Token == "" {
		return nil
	}
	for deadline := time.Now().Add(2 * time.Minute); ; {
		body, err := t.get(ctx, "/api/status")
		if err != nil {
			return fmt.Errorf("read status: %w", err)
		}
		var status struct {
			Data struct{ Pipeline struct{ LagChunks *int64 } }
		}
		if err := json.Unmarshal(body, &status); err != nil {
			return fmt.Errorf("decode status: %w", err)
		}
		lag := status.Data.Pipeline.LagChunks
		if lag == nil {
			return fmt.Errorf("status has no pipeline.lagChunks: %s", body)
		}
		if *lag == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the pipeline still lags by %d chunks after two minutes", *lag)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// profile fetches a CPU profile of the next d.
func (t *target) profile(ctx context.Context, dir, name string, d time.Duration) <-chan error {
	done := make(chan error, 1)
	go func() {
		body, err := t.get(ctx, fmt.Sprintf("/debug/pprof/profile?seconds=%d", max(1, int(d.Seconds()))))
		if err == nil {
			err = os.MkdirAll(dir, 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name+".pprof"), body, 0o644)
		}
		done <- err
	}()
	return done
}

// stored adds up the sizes of the files in the data directory.
func (t *target) stored() (int64, error) {
	if t.Data == "" {
		return 0, nil
	}
	var sum int64
	err := filepath.WalkDir(t.Data, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // a compaction removed it
			}
			return err
		}
		if info, err := d.Info(); err == nil && info.Mode().IsRegular() {
			sum += used(info)
		}
		return nil
	})
	return sum, err
}
