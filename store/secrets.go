package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
)

// keySize is the length of the key file: AES-256.
const keySize = 32

// sealVersion is the first byte of everything sealed, so that the cipher or the
// key can be changed one day.
const sealVersion = 1

var errSealed = errors.New("cannot be decrypted")

// vault encrypts what must not lie in the database in the clear.
type vault struct{ aead cipher.AEAD }

func newVault(key []byte) (*vault, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("set up encryption: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("set up encryption: %w", err)
	}
	return &vault{aead}, nil
}

// seal encrypts plain. place (table and id) is bound to it, so that a value
// moved to another row does not open.
func (v *vault) seal(place string, plain []byte) []byte {
	out := make([]byte, 1+v.aead.NonceSize(), 1+v.aead.NonceSize()+len(plain)+v.aead.Overhead())
	out[0] = sealVersion
	rand.Read(out[1:]) // never fails
	return v.aead.Seal(out, out[1:], plain, []byte(place))
}

// open decrypts what seal made for the same place.
func (v *vault) open(place string, sealed []byte) ([]byte, error) {
	n := v.aead.NonceSize()
	if len(sealed) < 1+n || sealed[0] != sealVersion {
		return nil, fmt.Errorf("%s %w: unknown format", place, errSealed)
	}
	plain, err := v.aead.Open(nil, sealed[1:1+n], sealed[1+n:], []byte(place))
	if err != nil {
		return nil, fmt.Errorf("%s %w: %w", place, errSealed, err)
	}
	return plain, nil
}

// loadKey reads the key file. When there is none it makes one if create says
// so, else it refuses: a new key could not open what the old one closed.
func loadKey(path string, create bool, log *slog.Logger) ([]byte, error) {
	key, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && create:
		return createKey(path)
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("the encryption key %s is missing, but the database holds data encrypted with it; "+
			"restore the file from your backup (it is kept apart from the database)", path)
	case err != nil:
		return nil, fmt.Errorf("read the encryption key: %w", err)
	case len(key) != keySize:
		return nil, fmt.Errorf("the encryption key %s has %d bytes instead of %d; restore the file from your backup", path, len(key), keySize)
	}
	if info, err := os.Stat(path); err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		log.Warn("the encryption key can be read by others; run chmod 600 on it", "path", path, "mode", info.Mode().Perm().String())
	}
	return key, nil
}

// createKey writes a new key through a temporary file, so that no crash leaves
// half a key.
func createKey(path string) ([]byte, error) {
	key := make([]byte, keySize)
	rand.Read(key)                                               // never fails
	f, err := os.CreateTemp(filepath.Dir(path), ".secret.key-*") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("create the encryption key: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // fails after the rename, which is fine
	_, err = f.Write(key)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("write the encryption key: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return nil, fmt.Errorf("write the encryption key: %w", err)
	}
	return key, syncDir(filepath.Dir(path))
}

// syncDir makes a rename in dir durable. Windows has no such call and no need.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync directory: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync directory: %w", err)
	}
	return nil
}
