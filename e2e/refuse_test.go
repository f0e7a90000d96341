package e2e

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/secantdev/secant/internal/testkit"
)

// refuses starts a server that must end by itself, saying all of want.
func refuses(t *testing.T, o testkit.Options, want ...string) {
	t.Helper()
	s := testkit.Prepare(t, o)
	s.Launch()
	if err := s.WaitExit(20 * time.Second); err == nil || strings.Contains(err.Error(), "still running") {
		t.Errorf("secant ended with %v, want a failure", err)
	}
	for _, w := range want {
		if !strings.Contains(s.Logs(), w) {
			t.Errorf("the refusal does not say %q:\n%s", w, s.Logs())
		}
	}
	if strings.Contains(s.Logs(), "goroutine ") {
		t.Errorf("a panic instead of a refusal:\n%s", s.Logs())
	}
}

func TestSecondServerOnDataDirectory(t *testing.T) {
	t.Parallel()
	s := testkit.Start(t, testkit.Options{})
	refuses(t, testkit.Options{Dir: s.Dir}, s.Dir, "in use by", fmt.Sprint(s.PID()), "--data")
	s.MustPost(t, "/v1/track", "nobody", track("still-serving"))
}

func TestOccupiedPort(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	refuses(t, testkit.Options{Listen: l.Addr().String()}, l.Addr().String(), "in use", fmt.Sprint(os.Getpid()), "--listen")
}

func TestBadWorkspaceFile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file string
		want []string
	}{
		"unknown key": {
			"sources:\n  - id: web\n    name: Web\n    typ: javascript\n",
			[]string{"workspace.yaml", "4", "typ"},
		},
		"unknown list": {
			"sources: []\ndestination: []\n",
			[]string{"workspace.yaml", "2", "destination"},
		},
		"wrong value": {
			"sources:\n  - {id: web, name: Web, type: javascript}\n  - {id: app, name: App, type: windows95}\n",
			[]string{"workspace.yaml", "3", "type", "windows95", "javascript"},
		},
		"no such source": {
			"sources:\n  - {id: web, name: Web, type: javascript}\ndestinations:\n  - {id: hook, source: wbe, type: webhook, settings: {url: \"http://127.0.0.1:1/\"}}\n",
			[]string{"workspace.yaml", "4", "source", "wbe"},
		},
		"bad setting": {
			"sources:\n  - {id: web, name: Web, type: javascript}\ndestinations:\n  - {id: hook, source: web, type: webhook, settings: {url: \"ftp://x\"}}\n",
			[]string{"workspace.yaml", "4", "settings.url", "ftp://x"},
		},
		"not YAML": {
			"sources: [\n",
			[]string{"workspace.yaml"},
		},
		"write key taken twice": {
			"sources:\n  - {id: web, name: Web, type: javascript, writeKeys: [wk_a]}\n  - {id: app, name: App, type: server, writeKeys: [wk_a]}\n",
			[]string{"workspace.yaml", "3", "writeKeys", "wk_a"},
		},
		"secret from nowhere": {
			"sources:\n  - {id: web, name: Web, type: javascript}\ndestinations:\n  - {id: hook, source: web, type: webhook, settings: {url: \"http://127.0.0.1:1/\", sharedSecret: \"${env:SECANT_TEST_UNSET}\"}}\n",
			[]string{"workspace.yaml", "4", "settings.sharedSecret", "SECANT_TEST_UNSET"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refuses(t, testkit.Options{Config: c.file}, c.want...)
		})
	}
}

func TestMissingWorkspaceFile(t *testing.T) {
	t.Parallel()
	refuses(t, testkit.Options{Args: []string{"--config", "/nowhere/secant.yaml"}}, "/nowhere/secant.yaml", "no such file")
}

func TestDataDirectoryIsAFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refuses(t, testkit.Options{Dir: file}, file, "not a directory")
}

func TestWrongCommandLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"serve", "--lisen", "127.0.0.1:0"}, "--lisen"},
		{[]string{"serve", "--egress-allow", "127.0.0.0/99"}, "127.0.0.0/99"},
		{[]string{"serve", "--partitions", "0", "--data", t.TempDir()}, "--partitions"},
		{[]string{"serve", "--listen", "nonsense", "--data", t.TempDir()}, "nonsense"},
		{[]string{"fly"}, "fly"},
	} {
		_, stderr, err := testkit.Run(t, nil, c.args...)
		if err == nil || !strings.Contains(stderr, c.want) {
			t.Errorf("secant %s: %v, does not name %q:\n%s", strings.Join(c.args, " "), err, c.want, stderr)
		}
	}
}
