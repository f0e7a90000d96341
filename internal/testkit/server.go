package testkit

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Options say how to start a server. The zero value is a server on an empty
// data directory and a free port, with a token and leave to reach loopback.
type Options struct {
	Dir    string        // data directory; empty: a temporary one of the test
	Listen string        // address; empty: a free loopback port, kept over restarts
	Config string        // text of a workspace file given by --config; empty: none
	Args   []string      // more flags of `secant serve`
	Env    []string      // more environment, KEY=value
	Wait   time.Duration // how long it may take to become ready; 0: 30 s

	Binary      string               // program to start; empty: Binary()
	SysProcAttr *syscall.SysProcAttr // of the process, to run it as another user
	TLS         *tls.Config          // how clients trust a server that Args make speak HTTPS; nil: plain HTTP
}

// Token is the API token of every started server.
const Token = "testkit-admin-token"

// Server is a started `secant serve`. Its methods may be called from one
// goroutine at a time, except Post, API and Logs.
type Server struct {
	URL    string // http://127.0.0.1:port
	Addr   string // 127.0.0.1:port
	Dir    string // data directory
	Client *http.Client

	t    testing.TB
	o    Options
	args []string
	logs *tail
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
	exit error         // its result; set before done is closed
}

// Start starts a server and waits until it is ready; it fails the test when it
// does not become so. The server is stopped when the test ends, and its log is
// shown when the test failed.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	s := Prepare(t, o)
	s.Start()
	return s
}

// Prepare is Start without starting.
func Prepare(t testing.TB, o Options) *Server {
	t.Helper()
	if o.Dir == "" {
		o.Dir = filepath.Join(t.TempDir(), "data")
	}
	if o.Wait == 0 {
		o.Wait = 30 * time.Second
	}
	if o.Listen == "" {
		addr, err := FreeAddr()
		if err != nil {
			t.Fatal(err)
		}
		o.Listen = addr
	}
	s := &Server{
		URL: "http://" + o.Listen, Addr: o.Listen, Dir: o.Dir,
		Client: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}},
		t:      t, o: o, logs: &tail{},
	}
	if o.TLS != nil {
		s.URL = "https://" + o.Listen
		s.Client.Transport = &http.Transport{TLSClientConfig: o.TLS, ForceAttemptHTTP2: true}
	}
	s.args = []string{"serve", "--data", o.Dir, "--listen", o.Listen, "--egress-allow", "127.0.0.0/8"}
	if o.Config != "" {
		file := filepath.Join(t.TempDir(), "workspace.yaml")
		if err := os.WriteFile(file, []byte(o.Config), 0o600); err != nil {
			t.Fatalf("write workspace file: %v", err)
		}
		s.args = append(s.args, "--config", file)
	}
	s.args = append(s.args, o.Args...)
	t.Cleanup(func() {
		s.Client.CloseIdleConnections()
		if s.Running() {
			s.Stop()
		}
		if t.Failed() {
			t.Logf("log of %s:\n%s", s.URL, s.Logs())
		}
	})
	return s
}

// Start starts the process and waits until it is ready.
func (s *Server) Start() {
	s.t.Helper()
	s.Launch()
	s.WaitReady()
}

// Launch starts the process without waiting for it.
func (s *Server) Launch() {
	s.t.Helper()
	bin := s.o.Binary
	if bin == "" {
		built, err := Binary(context.Background())
		if err != nil {
			s.t.Fatal(err)
		}
		bin = built
	}
	s.cmd = exec.Command(bin, s.args...)
	s.cmd.Env = append(os.Environ(), "SECANT_ADMIN_TOKEN="+Token)
	s.cmd.Env = append(s.cmd.Env, s.o.Env...)
	s.cmd.Stdout, s.cmd.Stderr = s.logs, s.logs
	s.cmd.SysProcAttr = s.o.SysProcAttr
	s.cmd.WaitDelay = 5 * time.Second
	if err := s.cmd.Start(); err != nil {
		s.t.Fatalf("start %s: %v", bin, err)
	}
	cmd, done := s.cmd, make(chan struct{})
	s.done = done
	go func() {
		s.exit = cmd.Wait()
		close(done)
	}()
}

// WaitReady waits until /readyz answers 200. It fails the test at once when the
// process ends instead.
func (s *Server) WaitReady() {
	s.t.Helper()
	WaitFor(s.t, s.o.Wait, "secant to be ready", func() (bool, string) {
		if !s.Running() {
			s.t.Fatalf("secant ended instead of becoming ready: %v\n%s", s.exit, s.Logs())
		}
		resp, err := s.Client.Get(s.URL + "/readyz")
		if err != nil {
			return false, err.Error() + "\n" + s.Logs()
		}
		text := readAll(resp)
		return resp.StatusCode == http.StatusOK, resp.Status + " " + text
	})
}

// PID is the process of the running server.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Running reports whether a started process has not ended.
func (s *Server) Running() bool {
	if s.done == nil {
		return false
	}
	select {
	case <-s.done:
		return false
	default:
		return true
	}
}

// Kill ends the process with SIGKILL, as a crash would, and waits for its end.
func (s *Server) Kill() {
	s.t.Helper()
	if err := s.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Fatalf("kill secant: %v", err)
	}
	<-s.done
}

// Stop asks the process to end with SIGTERM and waits. It fails the test when
// the process does not end within 30 seconds, or not with status 0.
func (s *Server) Stop() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Fatalf("stop secant: %v", err)
	}
	if err := s.WaitExit(30 * time.Second); err != nil {
		s.t.Errorf("secant did not stop cleanly: %v\n%s", err, s.Logs())
	}
}

// WaitExit waits for the process to end by itself and returns its result; nil
// is status 0. A process still running after limit is killed.
func (s *Server) WaitExit(limit time.Duration) error {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-s.done:
		return s.exit
	case <-timer.C:
		s.cmd.Process.Kill()
		<-s.done
		return fmt.Errorf("still running after %s", limit)
	}
}

// Logs returns what the server wrote lately, over all its starts.
func (s *Server) Logs() string { return s.logs.String() }

// Run runs another command of the binary to its end: `secant args…`.
func Run(t testing.TB, env []string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	bin, err := Binary(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, bin, args...)
	var out, errs bytes.Buffer
	cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), env...), &out, &errs
	cmd.WaitDelay = time.Second
	err = cmd.Run()
	return out.String(), errs.String(), err
}

// tail keeps the last part of a log.
type tail struct {
	mu   sync.Mutex
	text []byte
}

// tailSize is enough for the log of a server that restarts twenty times.
const tailSize = 256 << 10

func (l *tail) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	if over := len(l.text) - tailSize; over > tailSize {
		l.text = append(l.text[:0], l.text[over:]...)
	}
	return len(p), nil
}

func (l *tail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.TrimSpace(string(l.text))
}
