package shortcut

import (
	"bytes"
	"net/textproto"
)

// verdict is what can be said of the bytes of a connection.
type verdict int

const (
	more   verdict = iota // the head is not complete
	take                  // a request for us
	others                // net/http's
)

// head is the first part of a request taken here. It is parsed again and again
// into the same memory: most requests of a connection differ in their length
// only, and what is as before is not made anew.
type head struct {
	path    string
	host    string
	length  int64
	size    int // bytes, with the empty line
	headers []header
	changed bool // headers or host differ from the request before
}

// header is one line. Its strings are kept from request to request.
type header struct {
	raw   string // the name as it was sent
	name  string // as net/http writes it
	value []string
}

// maxHead is where net/http takes over, which knows limits of its own.
const maxHead = 8 << 10

var (
	method   = []byte("POST ")
	protocol = []byte(" HTTP/1.1\r\n")
	crlf     = []byte("\r\n")
)

// parse looks at the bytes of a request that have arrived so far.
func (h *head) parse(b []byte, prefix string, maxBody int64) verdict {
	if n := min(len(b), len(method)); !bytes.Equal(b[:n], method[:n]) {
		return others
	}
	line := bytes.IndexByte(b, '\n') + 1
	if line == 0 {
		return incomplete(b)
	}
	if !bytes.HasSuffix(b[:line], protocol) || line < len(method)+len(protocol) {
		return others
	}
	path := b[len(method) : line-len(protocol)]
	if len(path) < len(prefix) || string(path[:len(prefix)]) != prefix || !only(path, inPath) {
		return others
	}
	h.changed = false
	length, host := int64(-1), []byte(nil)
	n := 0
	for at := line; ; {
		end := bytes.IndexByte(b[at:], '\n')
		if end < 0 {
			return incomplete(b)
		}
		next := at + end + 1
		text, ok := bytes.CutSuffix(b[at:next], crlf)
		if !ok || next > maxHead {
			return others
		}
		at = next
		if len(text) == 0 {
			h.size = at
			break
		}
		colon := bytes.IndexByte(text, ':')
		if colon <= 0 || !only(text[:colon], inName) {
			return others
		}
		name, value := text[:colon], bytes.Trim(text[colon+1:], " \t")
		if !only(value, inValue) {
			return others
		}
		switch kindOf(name) {
		case unusual:
			return others
		case hostLine:
			if host != nil || len(value) == 0 || !only(value, inHost) {
				return others
			}
			host = value
			continue // net/http keeps it out of the headers too
		case lengthLine:
			if length >= 0 {
				return others
			}
			if length, ok = digits(value, maxBody); !ok {
				return others
			}
		case connectionLine:
			if !bytes.EqualFold(value, []byte("keep-alive")) {
				return others
			}
		}
		if !h.line(n, name, value) {
			return others
		}
		n++
	}
	if host == nil || length < 0 {
		return others
	}
	if n < len(h.headers) {
		h.headers, h.changed = h.headers[:n], true
	}
	if h.host != string(host) {
		h.host, h.changed = string(host), true
	}
	if h.path != string(path) {
		h.path = string(path)
	}
	h.length = length
	return take
}

func incomplete(b []byte) verdict {
	if len(b) > maxHead {
		return others
	}
	return more
}

// line notes the n-th header; false when the name came before.
func (h *head) line(n int, name, value []byte) bool {
	if n < len(h.headers) && h.headers[n].raw == string(name) {
		if l := &h.headers[n]; l.value[0] != string(value) {
			// A new slice: somebody may still look at the old one.
			l.value, h.changed = []string{string(value)}, true
		}
		return true
	}
	canonical := textproto.CanonicalMIMEHeaderKey(string(name))
	for i := range h.headers[:min(n, len(h.headers))] {
		if h.headers[i].name == canonical {
			return false
		}
	}
	// The lines from here on are not those of the request before.
	h.headers = append(h.headers[:n], header{string(name), canonical, []string{string(value)}})
	h.changed = true
	return true
}

// kind says what a header means to the framing of the request.
type kind int

const (
	ordinary kind = iota
	hostLine
	lengthLine
	connectionLine
	unusual // asks for something that only net/http does
)

func kindOf(name []byte) kind {
	switch len(name) {
	case len("host"):
		if fold(name, "host") {
			return hostLine
		}
	case len("te"):
		if fold(name, "te") {
			return unusual
		}
	case len("expect"): // and pragma, from which net/http makes another header
		if fold(name, "expect") || fold(name, "pragma") {
			return unusual
		}
	case len("upgrade"): // and trailer
		if fold(name, "upgrade") || fold(name, "trailer") {
			return unusual
		}
	case len("connection"):
		if fold(name, "connection") {
			return connectionLine
		}
	case len("content-length"):
		if fold(name, "content-length") {
			return lengthLine
		}
	case len("proxy-connection"):
		if fold(name, "proxy-connection") {
			return unusual
		}
	case len("transfer-encoding"):
		if fold(name, "transfer-encoding") {
			return unusual
		}
	}
	return ordinary
}

// fold compares a name with a lower-case one. Names hold letters, digits and
// dashes only, for which setting this bit is lower case.
func fold(name []byte, lower string) bool {
	for i := range name {
		if name[i]|0x20 != lower[i] {
			return false
		}
	}
	return true
}

func digits(b []byte, limit int64) (int64, bool) {
	if len(b) == 0 || len(b) > 9 {
		return 0, false
	}
	n := int64(0)
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, n <= limit
}

// Classes of characters.
const (
	inPath uint8 = 1 << iota
	inName
	inHost
	inValue
)

var classes = func() (t [256]uint8) {
	for c := range 256 {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-':
			t[c] = inPath | inName | inHost | inValue
		case c == '.':
			t[c] = inPath | inHost | inValue
		case c == '/' || c == '_':
			t[c] = inPath | inValue
		case c == ':':
			t[c] = inHost | inValue
		case ' ' <= c && c < 0x7f:
			t[c] = inValue
		}
	}
	return t
}()

func only(b []byte, class uint8) bool {
	for _, c := range b {
		if classes[c]&class == 0 {
			return false
		}
	}
	return true
}
