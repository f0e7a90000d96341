package e2e

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/secantdev/secant/internal/testkit"
)

// authority is the module of a small certificate authority made for tests of
// ACME clients; it is run as a separate program.
const authority = "github.com/letsencrypt/pebble/v2/cmd/"

// TestACME gets a certificate from a real ACME server by the TLS-ALPN-01
// challenge, and serves HTTPS and HTTP/2 with it.
func TestACME(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "install", authority+"pebble@v2.10.1", authority+"pebble-challtestsrv@v2.10.1")
	build.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=-mod=mod")
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: the test's certificate authority could not be built from its Go module: %v\n%s", err, out)
	}
	port := func() string {
		addr, err := testkit.FreeAddr()
		if err != nil {
			t.Fatal(err)
		}
		return addr
	}
	events, directory, management, dns := port(), port(), port(), port()

	// The directory itself speaks HTTPS, with a certificate that the server is
	// told to trust.
	cert, key := filepath.Join(dir, "directory.pem"), filepath.Join(dir, "directory.key")
	authorityRoots := selfSigned(t, cert, key)
	_, eventsPort, _ := net.SplitHostPort(events)
	config, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": directory, "managementListenAddress": management,
		"certificate": cert, "privateKey": key,
		"httpPort": 1, "tlsPort": json.Number(eventsPort),
		"ocspResponderURL": "", "externalAccountBindingRequired": false,
	}})
	if err != nil {
		t.Fatal(err)
	}
	configFile := filepath.Join(dir, "pebble.json")
	if err := os.WriteFile(configFile, config, 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(name string, args ...string) {
		cmd := exec.Command(filepath.Join(dir, name), args...)
		cmd.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0")
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			if t.Failed() {
				t.Logf("%s said:\n%s", name, out.String())
			}
		})
	}
	run("pebble-challtestsrv", "-dnsserver", dns, "-management", "", "-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", "", "-defaultIPv6", "")
	run("pebble", "-config", configFile, "-dnsserver", dns)

	authorityClient := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authorityRoots}}}
	defer authorityClient.CloseIdleConnections()
	var root []byte
	testkit.WaitFor(t, 20*time.Second, "the certificate authority", func() (bool, string) {
		body, err := fetch(t.Context(), authorityClient, "https://"+management+"/roots/0")
		root = body
		return err == nil && len(body) > 0, "no answer yet"
	})
	trusted := x509.NewCertPool()
	if !trusted.AppendCertsFromPEM(root) {
		t.Fatalf("the authority's root is no certificate: %s", root)
	}

	const name = "events.secant.test"
	server := testkit.Start(t, testkit.Options{
		Listen: events,
		TLS:    &tls.Config{RootCAs: trusted, ServerName: name, MinVersion: tls.VersionTLS12},
		Config: "sources:\n  - {id: web, name: Web, type: javascript, writeKeys: [wk_web]}\n",
		Args: []string{
			"--acme-domain", name, "--acme-email", "ops@secant.test",
			"--acme-directory", "https://" + directory + "/dir", "--acme-roots", cert,
		},
	})
	server.MustPost(t, "/v1/track", "wk_web", `{"event":"Over TLS","userId":"u1"}`)

	transport := &http.Transport{
		ForceAttemptHTTP2: true,
		TLSClientConfig:   &tls.Config{RootCAs: trusted, ServerName: name, MinVersion: tls.VersionTLS12},
	}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Get("https://" + events + "/livez")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.ProtoMajor != 2 {
		t.Errorf("served by %s, want HTTP/2", resp.Proto)
	}
	if got := resp.TLS.PeerCertificates[0].DNSNames; len(got) != 1 || got[0] != name {
		t.Errorf("certificate for %v, want %s", got, name)
	}
	if kept, _ := filepath.Glob(filepath.Join(server.Dir, "certificates", "*")); len(kept) == 0 {
		t.Error("the certificate is not kept for the next start")
	}
}

func fetch(ctx context.Context, client *http.Client, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var body bytes.Buffer
	_, err = body.ReadFrom(resp.Body)
	return body.Bytes(), err
}
