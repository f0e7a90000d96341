package e2e

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/secantdev/secant/internal/testkit"
)

// TestTLS serves HTTPS from files, as HTTP/2 for clients that can and HTTP/1.1
// for those that cannot: the mobile SDKs reach no server without it.
func TestTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	roots := selfSigned(t, cert, key)
	s := testkit.Start(t, testkit.Options{
		Config: one("http://127.0.0.1:1/"),
		Args:   []string{"--tls-cert", cert, "--tls-key", key},
		TLS:    &tls.Config{RootCAs: roots},
	})
	s.MustPost(t, "/v1/b", "wk_web", `{"batch":[`+track("https")+`]}`)
	for _, c := range []struct {
		client *http.Client
		proto  int
	}{
		{s.Client, 2},
		{&http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{}}}, 1},
	} {
		resp, err := c.client.Get(s.URL + "/v1/projects/wk_web/settings")
		if err != nil {
			t.Fatal(err)
		}
		var body bytes.Buffer
		if _, err := body.ReadFrom(resp.Body); err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		c.client.CloseIdleConnections()
		if resp.ProtoMajor != c.proto || resp.StatusCode != http.StatusOK {
			t.Errorf("settings by HTTP/%d: %s", resp.ProtoMajor, resp.Status)
		}
		if want := `"apiHost":"` + s.Addr + `/v1"`; !bytes.Contains(body.Bytes(), []byte(want)) {
			t.Errorf("settings do not say %s: %s", want, body.String())
		}
	}
}

// selfSigned writes a certificate for 127.0.0.1 and its key, and returns the
// roots that trust it.
func selfSigned(t *testing.T, certFile, keyFile string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: der},
		keyFile:  {Type: "EC PRIVATE KEY", Bytes: keyDER},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	return roots
}
