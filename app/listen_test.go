package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestListenNamesTheHolder(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, err = listen(t.Context(), "--listen", taken.Addr().String())
	if err == nil {
		t.Fatal("listened on an address in use")
	}
	for _, want := range []string{"--listen " + taken.Addr().String(), "in use", "Try:"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q lacks %q", err, want)
		}
	}
	if pid := fmt.Sprintf("process %d", os.Getpid()); runtime.GOOS == "linux" && !strings.Contains(err.Error(), pid) {
		t.Errorf("error %q lacks the holder, %s", err, pid)
	}
}

// writePair makes a self-signed certificate with a serial number.
func writePair(t *testing.T, dir string, serial int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("cert.pem", "CERTIFICATE", der)
	write("key.pem", "EC PRIVATE KEY", keyDER)
}

func TestCertificateFilesAreReadAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writePair(t, dir, 1)
	config, err := tlsConfig(TLSOptions{CertFile: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem")}, dir)
	if err != nil {
		t.Fatal(err)
	}
	serial := func(files *certFiles) int64 {
		pair, err := files.get(nil)
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := x509.ParseCertificate(pair.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		return leaf.SerialNumber.Int64()
	}
	files := &certFiles{cert: filepath.Join(dir, "cert.pem"), key: filepath.Join(dir, "key.pem")}
	if got := serial(files); got != 1 {
		t.Fatalf("serial %d, want 1", got)
	}
	writePair(t, dir, 2)
	if err := os.Chtimes(files.cert, time.Now(), time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	files.checked = time.Time{} // as if ten seconds had passed
	if got := serial(files); got != 2 {
		t.Errorf("serial %d after the renewal, want 2", got)
	}
	if err := os.WriteFile(files.cert, []byte("half written"), 0o600); err != nil {
		t.Fatal(err)
	}
	files.checked = time.Time{}
	if got := serial(files); got != 2 {
		t.Errorf("serial %d while the renewal is half written, want the old 2", got)
	}
	if config.MinVersion < tls.VersionTLS12 || config.NextProtos[0] != "h2" {
		t.Errorf("TLS %x, protocols %v", config.MinVersion, config.NextProtos)
	}
	_, err = tlsConfig(TLSOptions{CertFile: "no.pem", KeyFile: "no.key"}, dir)
	if err == nil || !strings.Contains(err.Error(), "no.pem") {
		t.Errorf("a missing certificate gives %v", err)
	}
}
