package store

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/secantdev/secant"
)

// Parameters of argon2id: OWASP's recommendation with the least memory, so that
// signing in does not show in the server's footprint.
const (
	argonMemory  = 19 * 1024 // KiB
	argonTime    = 2
	argonThreads = 1
	argonSalt    = 16
	argonKey     = 32
)

// maxHashing is how many passwords are hashed at the same time: each takes
// 19 MiB and a core for some 20 ms, and anybody may try to sign in.
const maxHashing = 2

// Bounds of a password. The upper one keeps strangers from making the server
// hash megabytes.
const (
	minPassword = 10
	maxPassword = 1024
)

func checkPassword(email, password string) error {
	switch {
	case utf8.RuneCountInString(password) < minPassword:
		return secant.Invalid("password", "", fmt.Sprintf("must have at least %d characters; a few words in a row are easy to remember", minPassword))
	case len(password) > maxPassword:
		return secant.Invalid("password", "", fmt.Sprintf("must not be longer than %d bytes", maxPassword))
	case strings.EqualFold(password, email):
		return secant.Invalid("password", "", "must not be the e-mail address")
	}
	return nil
}

// hashPassword returns the hash in the common form that carries its parameters.
func (s *Store) hashPassword(ctx context.Context, password string) (string, error) {
	salt := make([]byte, argonSalt)
	rand.Read(salt) // never fails
	var key []byte
	err := s.whileHashing(ctx, func() {
		key = argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonKey)
	})
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		enc.EncodeToString(salt), enc.EncodeToString(key)), err
}

// verifyPassword reports whether password has this hash.
func (s *Store) verifyPassword(ctx context.Context, hash, password string) (bool, error) {
	var version, memory, time uint32
	var threads uint8
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, errors.New("stored password: unknown kind of hash")
	}
	_, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &time, &threads)
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	want, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err := errors.Join(err, err1, err2); err != nil || version != argon2.Version || len(want) == 0 {
		return false, fmt.Errorf("stored password: malformed hash: %w", err)
	}
	if len(password) > maxPassword {
		return false, nil
	}
	var key []byte
	err = s.whileHashing(ctx, func() {
		key = argon2.IDKey([]byte(password), salt, time, memory, threads, uint32(len(want)))
	})
	return err == nil && subtle.ConstantTimeCompare(key, want) == 1, err
}

// whileHashing waits for a place among those who hash.
func (s *Store) whileHashing(ctx context.Context, hash func()) error {
	select {
	case s.hashing <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("wait to check a password: %w", ctx.Err())
	}
	defer func() { <-s.hashing }()
	hash()
	return nil
}
