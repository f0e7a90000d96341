package e2e

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/secantdev/secant/internal/testkit"
)

// TestApplyAndExport keeps a workspace in a file: the plan first, then the
// change, then nothing to change; what is exported can be applied again.
func TestApplyAndExport(t *testing.T) {
	t.Parallel()
	sink := testkit.NewSink(t)
	s := testkit.Start(t, testkit.Options{})
	env := []string{"SECANT_SERVER=" + s.URL, "SECANT_ADMIN_TOKEN=" + testkit.Token}
	file := filepath.Join(t.TempDir(), "secant.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	secant := func(args ...string) string {
		t.Helper()
		stdout, stderr, err := testkit.Run(t, env, args...)
		if err != nil {
			t.Fatalf("secant %s: %v\n%s%s", strings.Join(args, " "), err, stdout, stderr)
		}
		return stdout
	}
	write(shop(sink))
	if got := secant("apply", "-f", file, "--dry-run"); !strings.Contains(got, "3 would be created") || strings.Contains(got, "s3cret") {
		t.Errorf("dry run: %s", got)
	}
	if got := secant("export"); strings.Contains(got, "shop-web") {
		t.Errorf("a dry run changed the workspace: %s", got)
	}
	if got := secant("apply", "-f", file); !strings.Contains(got, "3 created") {
		t.Errorf("apply: %s", got)
	}
	if got := secant("apply", "-f", file); !strings.Contains(got, "0 created, 0 updated, 0 deleted, 3 unchanged") {
		t.Errorf("apply again: %s", got)
	}
	s.MustPost(t, "/v1/track", "wk_shop_web", track("applied"))
	sink.Wait(t, 15*time.Second, "applied")

	exported := secant("export")
	if strings.Contains(exported, "s3cret") || !strings.Contains(exported, "${secret:") {
		t.Errorf("export shows a secret, or no reference to it:\n%s", exported)
	}
	write(exported)
	if got := secant("apply", "-f", file); !strings.Contains(got, "0 created, 0 updated, 0 deleted, 3 unchanged") {
		t.Errorf("apply what was exported: %s", got)
	}
	write("sources:\n  - {id: shop-web, name: Renamed, type: javascript, writeKeys: [wk_shop_web]}\n")
	if got := secant("apply", "-f", file); !strings.Contains(got, "1 updated, 0 deleted") || !strings.Contains(got, "Renamed") {
		t.Errorf("rename: %s", got)
	}
	if got := secant("apply", "-f", file, "--prune"); !strings.Contains(got, "2 deleted") {
		t.Errorf("prune: %s", got)
	}
	if got := secant("export"); strings.Contains(got, "shop-hook") || !strings.Contains(got, "Renamed") {
		t.Errorf("after pruning:\n%s", got)
	}
}

// TestTailAndSend watches in one terminal what another one sends.
func TestTailAndSend(t *testing.T) {
	t.Parallel()
	s := testkit.Start(t, testkit.Options{Config: one("http://127.0.0.1:1/")})
	bin, err := testkit.Binary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"SECANT_SERVER=" + s.URL, "SECANT_ADMIN_TOKEN=" + testkit.Token}
	tail := exec.CommandContext(t.Context(), bin, "tail", "--json", "--source", "web")
	tail.Env = append(os.Environ(), env...)
	out, err := tail.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := tail.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan string)
	go func() {
		defer close(lines)
		for scan := bufio.NewScanner(out); scan.Scan(); {
			select {
			case lines <- scan.Text():
			case <-t.Context().Done():
				return
			}
		}
	}()
	t.Cleanup(func() { tail.Process.Kill(); tail.Wait() })
	var got string
	testkit.WaitFor(t, 20*time.Second, "tail to show an event", func() (bool, string) {
		stdout, stderr, err := testkit.Run(t, env, "send", "track", "Sent By Hand", "--source", "web", "--user-id", "u1", "-p", "revenue=19.99")
		if err != nil {
			t.Fatalf("send: %v\n%s%s", err, stdout, stderr)
		}
		select {
		case got = <-lines:
			return true, ""
		case <-time.After(500 * time.Millisecond): // tail had not connected yet
			return false, "nothing"
		}
	})
	var e struct {
		Source, Type, Name string
		Event              struct {
			UserID     string
			Properties struct{ Revenue float64 }
		}
	}
	if err := json.Unmarshal([]byte(got), &e); err != nil {
		t.Fatalf("tail printed %q: %v", got, err)
	}
	if e.Source != "web" || e.Type != "track" || e.Name != "Sent By Hand" || e.Event.UserID != "u1" || e.Event.Properties.Revenue != 19.99 {
		t.Errorf("tail printed %s", got)
	}
}
