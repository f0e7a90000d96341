package e2e

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/secantdev/secant/internal/testkit"
)

// TestGzipBomb sends 1 GB of JSON packed into a megabyte. It must be refused,
// and cost the server less than 20 MB at any moment.
func TestGzipBomb(t *testing.T) {
	t.Parallel()
	s := testkit.Start(t, testkit.Options{Config: one("http://127.0.0.1:1/")})
	s.MustPost(t, "/v1/track", "wk_web", track("before"))
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	io.WriteString(z, `{"event":"`)
	for spaces := bytes.Repeat([]byte{'a'}, 1<<20); bomb.Len() < 1<<20; {
		z.Write(spaces)
	}
	io.WriteString(z, `"}`)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	before := memory(t, s.PID(), "VmRSS:")
	if err := os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", s.PID()), []byte("5"), 0); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/v1/track", "/v1/batch"} {
		req, err := http.NewRequest(http.MethodPost, s.URL+path, bytes.NewReader(bomb.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("wk_web", "")
		req.Header.Set("Content-Encoding", "gzip")
		resp, err := s.Client.Do(req)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusBadRequest || !strings.Contains(string(text), `"success":false`) {
			t.Errorf("%s: %s %s (%v), want 400", path, resp.Status, text, err)
		}
	}
	if cost := memory(t, s.PID(), "VmHWM:") - before; cost > 20<<20 {
		t.Errorf("the bomb cost %d MB, want less than 20", cost>>20)
	}
	s.MustPost(t, "/v1/track", "wk_web", track("after"))
}

// memory reads a figure of a process in bytes.
func memory(t *testing.T, pid int, name string) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			kb, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kb << 10
		}
	}
	t.Fatalf("no %s", name)
	return 0
}
