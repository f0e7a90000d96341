package api_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Segment's own client, unchanged but for its base path, drives the API.
func TestSegmentClient(t *testing.T) {
	t.Parallel()
	web, err := filepath.Abs("../web")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(web, "node_modules/@segment/public-api-sdk-typescript")); err != nil {
		t.Skip("SKIPPED: Segment's client is not installed. Run `npm ci` in web/ to have the API tried with it.")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("SKIPPED: there is no node. Install Node.js to have the API tried with Segment's client.")
	}
	s := start(t)
	cmd := exec.CommandContext(t.Context(), node, filepath.Join(web, "e2e/api/segment.mjs"))
	cmd.Dir = web
	cmd.Env = append(os.Environ(), "SECANT_URL="+s.URL, "SECANT_ADMIN_TOKEN="+adminToken)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\nserver: %s", err, out, s.logged)
	}
}
