package store

import (
	"crypto/rand"
	"fmt"
	"strings"
)

// newWriteKey returns 32 random letters and digits.
func newWriteKey() string { return randomText(32) }

// randomText returns n random letters and digits, 5.95 bits each.
func randomText(n int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	out := make([]byte, 0, n)
	var buf [64]byte
	for {
		rand.Read(buf[:]) // never fails
		for _, b := range buf {
			// 248 is the largest multiple of 62 in a byte: taking the rest
			// would make some characters likelier.
			if b < 248 {
				if out = append(out, alphabet[b%62]); len(out) == n {
					return string(out)
				}
			}
		}
	}
}

// newID returns an id like "usr_k3…": the prefix and 16 random lower-case
// letters and digits.
func newID(prefix string) string {
	return prefix + "_" + strings.ToLower(rand.Text()[:16])
}

// freeID makes an id out of a name that people chose: lower case, words joined
// by "-", with a number behind it when it is taken. fallback is for names
// without a letter or digit of ASCII.
func freeID(name, fallback string, taken func(string) bool) string {
	var b strings.Builder
	dash := false
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			if dash && b.Len() > 0 {
				b.WriteByte('-')
			}
			b.WriteRune(r)
			dash = false
		default:
			dash = true
		}
		if b.Len() >= 48 { // leaves room for a number
			break
		}
	}
	base := b.String()
	if base == "" {
		base = fallback
	}
	id := base
	for i := 2; taken(id); i++ {
		id = fmt.Sprintf("%s-%d", base, i)
	}
	return id
}

// nextID returns a number greater than all before it, also those of earlier
// runs: microseconds since 1970, or one more than the last.
func (t *tx) nextID(s *Store) int64 {
	s.lastID = max(s.lastID+1, t.now.UnixMicro())
	return s.lastID
}
