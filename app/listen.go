package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// listen opens a TCP listener, or says who holds the address.
func listen(ctx context.Context, flag, address string) (net.Listener, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", address)
	if err == nil {
		return l, nil
	}
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s %s is already in use by %s\nTry: stop it, or choose another address with %s",
			flag, address, portHolder(ctx, address), flag)
	}
	if errors.Is(err, syscall.EACCES) {
		return nil, fmt.Errorf("%s %s needs a right that this user lacks\nTry: a port above 1023, or setcap cap_net_bind_service=+ep on the binary", flag, address)
	}
	return nil, fmt.Errorf("%s %s: %w\nTry: HOST:PORT, such as 127.0.0.1:8080 or :8080", flag, address, err)
}

// tlsConfig returns the configuration for HTTPS with HTTP/2, nil for plain HTTP.
// cacheDir keeps the certificates got by ACME.
func tlsConfig(o TLSOptions, cacheDir string) (*tls.Config, error) {
	switch {
	case o.CertFile != "":
		files := &certFiles{cert: o.CertFile, key: o.KeyFile}
		if _, err := files.get(nil); err != nil {
			return nil, err
		}
		return &tls.Config{GetCertificate: files.get, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12}, nil
	case len(o.Domains) > 0:
		client := &acme.Client{DirectoryURL: o.Directory, UserAgent: "secant"}
		if o.RootsFile != "" {
			pem, err := os.ReadFile(o.RootsFile)
			if err != nil {
				return nil, fmt.Errorf("read --acme-roots: %w", err)
			}
			roots := x509.NewCertPool()
			if !roots.AppendCertsFromPEM(pem) {
				return nil, fmt.Errorf("--acme-roots %s holds no PEM certificate", o.RootsFile)
			}
			client.HTTPClient = &http.Client{
				Timeout:   30 * time.Second,
				Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}},
			}
		}
		manager := &autocert.Manager{
			Prompt: autocert.AcceptTOS, Cache: autocert.DirCache(cacheDir),
			HostPolicy: autocert.HostWhitelist(o.Domains...), Email: o.Email, Client: client,
		}
		config := manager.TLSConfig()
		config.MinVersion = tls.VersionTLS12
		return config, nil
	}
	return nil, nil
}

// certFiles serves a certificate from files and reads them again once they have
// changed, so that a renewal needs no restart.
type certFiles struct {
	cert, key string

	mu       sync.Mutex
	loaded   *tls.Certificate
	modified time.Time
	checked  time.Time
}

func (c *certFiles) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.loaded != nil && time.Since(c.checked) < 10*time.Second {
		return c.loaded, nil
	}
	c.checked = time.Now()
	info, err := os.Stat(c.cert)
	if err == nil && c.loaded != nil && info.ModTime().Equal(c.modified) {
		return c.loaded, nil
	}
	pair, loadErr := tls.LoadX509KeyPair(c.cert, c.key)
	if loadErr != nil {
		if c.loaded != nil { // a renewal half written: the old pair serves on
			return c.loaded, nil
		}
		return nil, fmt.Errorf("load the certificate %s and key %s: %w", c.cert, c.key, loadErr)
	}
	c.loaded = &pair
	if err == nil {
		c.modified = info.ModTime()
	}
	return c.loaded, nil
}
