package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/secantdev/secant/internal/testkit"
)

// TestReadme runs every command of the README, in order, as a newcomer would:
// in a directory of its own, with nothing set. Only the port differs.
func TestReadme(t *testing.T) {
	t.Parallel()
	root, err := testkit.Root()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	bin, err := testkit.Binary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(bin, filepath.Join(dir, "bin", "secant")); err != nil {
		t.Fatal(err)
	}
	s := testkit.Start(t, testkit.Options{Dir: filepath.Join(dir, "secant-data"), Args: []string{"--demo"}})
	ran := 0
	for _, block := range regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
		kind, body := block[1], block[2]
		if name, ok := strings.CutPrefix(body, "# "); ok && kind == "yaml" {
			name, _, _ = strings.Cut(name, "\n")
			if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if kind != "sh" {
			continue
		}
		for _, command := range commands(body) {
			ran++
			readmeCommand(t, root, dir, s, command)
		}
	}
	if ran < 6 {
		t.Errorf("found %d commands in the README: the test does not see them", ran)
	}
	testkit.WaitFor(t, 10*time.Second, "the README's event", func() (bool, string) {
		events := s.Events(t, "source=demo-shop&name=Order%20Completed")
		return len(events) == 1, fmt.Sprint(events)
	})
}

// commands splits a block into commands: a backslash continues a line.
func commands(block string) []string {
	var list []string
	for line := range strings.Lines(strings.ReplaceAll(block, "\\\n", " ")) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			list = append(list, line)
		}
	}
	return list
}

func readmeCommand(t *testing.T, root, dir string, s *testkit.Server, command string) {
	t.Helper()
	if target, ok := strings.CutPrefix(command, "make "); ok {
		// Building and testing everything is what led here; that the target
		// exists is left to see.
		makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
		if err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(target) + `:.* ## `).Match(makefile) {
			t.Errorf("%s: the Makefile has no such target, or it does not say what it does", command)
		}
		return
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	shell := strings.ReplaceAll(command, "127.0.0.1:8080", s.Addr)
	if strings.Contains(shell, " tail") {
		shell = "timeout --preserve-status --signal=INT 2 " + shell // it runs until it is interrupted
	}
	cmd := exec.CommandContext(ctx, "sh", "-c", shell)
	cmd.Dir = dir
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "SECANT_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", command, err, out)
	}
}
