package rawjson

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// scanString returns the index of the quote that closes the string whose
// contents start at i, and whether there is a backslash in it; -1 when there is
// no such quote or something else is wrong.
func scanString(b []byte, i int) (end int, escaped bool) {
	for {
		// Eight bytes at a time: the lowest high bit left in m belongs to the
		// first byte that is a quote, a backslash or a control character.
		// (Borrows make false marks only above a true one.)
		for i+8 <= len(b) {
			w := binary.LittleEndian.Uint64(b[i:])
			quote := w ^ ('"' * ones)
			slash := w ^ ('\\' * ones)
			m := ((w-' '*ones)&^w | (quote-ones)&^quote | (slash-ones)&^slash) & highs
			if m == 0 {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(m) >> 3
			break
		}
		for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= ' ' {
			i++
		}
		if i >= len(b) {
			return -1, escaped
		}
		switch b[i] {
		case '"':
			return i, escaped
		case '\\':
			n := escapeLen(b[i:])
			if n == 0 {
				return -1, true
			}
			i += n
			escaped = true
		default:
			return -1, escaped
		}
	}
}

// escapeLen returns the length of the escape at the start of b, or 0.
func escapeLen(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(b) >= 6 && hex4(b[2:6]) >= 0 {
			return 6
		}
	}
	return 0
}

// hex4 returns the number that four hexadecimal digits write, or -1.
func hex4(b []byte) rune {
	var r rune
	for _, c := range b[:4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

// scanNumber returns the index behind the number at i, or -1.
func scanNumber(b []byte, i int) int {
	if i < len(b) && b[i] == '-' {
		i++
	}
	switch {
	case i >= len(b):
		return -1
	case b[i] == '0':
		i++
	case '1' <= b[i] && b[i] <= '9':
		i = digits(b, i)
	default:
		return -1
	}
	if i < len(b) && b[i] == '.' {
		start := i + 1
		if i = digits(b, start); i == start {
			return -1
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		start := i
		if i = digits(b, start); i == start {
			return -1
		}
	}
	return i
}

func digits(b []byte, i int) int {
	for i < len(b) && '0' <= b[i] && b[i] <= '9' {
		i++
	}
	return i
}

func literal(b []byte, i int, word string) bool {
	return len(b)-i >= len(word) && string(b[i:i+len(word)]) == word
}

// hash returns a number that equal keys share and different keys hardly ever
// do. It needs no strength: a collision only costs a call of Clean.
func hash(key []byte) uint64 {
	const mix = 0x9e3779b97f4a7c15
	h := uint64(len(key)) * mix
	for len(key) >= 8 {
		h = (h ^ binary.LittleEndian.Uint64(key)) * mix
		h ^= h >> 29
		key = key[8:]
	}
	var tail uint64
	for i := len(key) - 1; i >= 0; i-- {
		tail = tail<<8 | uint64(key[i])
	}
	h = (h ^ tail) * mix
	return h ^ h>>32
}

func unexpected(b []byte, i int) error {
	if i >= len(b) {
		return &SyntaxError{i, "unexpected end"}
	}
	return &SyntaxError{i, fmt.Sprintf("unexpected %q", b[i])}
}

// stringError finds out what is wrong with the string that opens at i.
func stringError(b []byte, i int) error {
	for i++; i < len(b); i++ {
		switch c := b[i]; {
		case c == '\\':
			n := escapeLen(b[i:])
			if n == 0 {
				return &SyntaxError{i, "invalid escape"}
			}
			i += n - 1
		case c < ' ':
			return &SyntaxError{i, fmt.Sprintf("unescaped control character 0x%02x", c)}
		}
	}
	return &SyntaxError{i, "unexpected end"}
}
