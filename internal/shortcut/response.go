package shortcut

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// response gathers an answer and sends it with one write.
type response struct {
	conn   *conn
	header http.Header
	status int
	body   []byte
	names  []string
	out    []byte
}

func (r *response) reset() {
	clear(r.header)
	r.status, r.body = 0, r.body[:0]
}

// Header returns the headers to be sent; changes after WriteHeader count too.
func (r *response) Header() http.Header { return r.header }

// WriteHeader sets the status; only the first one counts.
func (r *response) WriteHeader(status int) {
	if r.status == 0 && status >= http.StatusOK {
		r.status = status
	}
}

// Write adds to the body.
func (r *response) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	r.body = append(r.body, p...)
	return len(p), nil
}

// WriteString adds to the body.
func (r *response) WriteString(s string) (int, error) {
	r.WriteHeader(http.StatusOK)
	r.body = append(r.body, s...)
	return len(s), nil
}

// SetReadDeadline lets http.ResponseController bound the reading of the body.
func (r *response) SetReadDeadline(t time.Time) error {
	r.conn.setReadDeadline(t)
	return nil
}

// wantsClose reports whether the handler asked for the end of the connection.
func (r *response) wantsClose() bool {
	for _, v := range r.header["Connection"] {
		if strings.EqualFold(v, "close") {
			return true
		}
	}
	return false
}

// send writes the answer; last says that the connection will be closed.
func (r *response) send(last bool) error {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	empty := r.status == http.StatusNoContent || r.status == http.StatusNotModified
	out := r.out[:0]
	out = append(out, "HTTP/1.1 "...)
	out = strconv.AppendInt(out, int64(r.status), 10)
	out = append(out, ' ')
	out = append(out, http.StatusText(r.status)...)
	out = append(out, "\r\n"...)
	// In a fixed order, so that an answer is the same each time.
	r.names = r.names[:0]
	for name := range r.header {
		switch name {
		case "Content-Length", "Connection", "Transfer-Encoding", "Date":
		default:
			r.names = append(r.names, name)
		}
	}
	slices.Sort(r.names)
	for _, name := range r.names {
		for _, value := range r.header[name] {
			out = append(out, name...)
			out = append(out, ": "...)
			out = appendValue(out, value)
			out = append(out, "\r\n"...)
		}
	}
	if !empty {
		out = append(out, "Content-Length: "...)
		out = strconv.AppendInt(out, int64(len(r.body)), 10)
		out = append(out, "\r\n"...)
	}
	out = append(out, "Date: "...)
	out = append(out, date()...)
	out = append(out, "\r\n"...)
	if last {
		out = append(out, "Connection: close\r\n"...)
	}
	out = append(out, "\r\n"...)
	if !empty {
		out = append(out, r.body...)
	}
	r.out = out
	return r.conn.write(out)
}

// appendValue appends a header's value, which cannot end its line: line breaks
// become spaces, as net/http does it.
func appendValue(dst []byte, value string) []byte {
	if !strings.ContainsAny(value, "\r\n") {
		return append(dst, value...)
	}
	for i := range len(value) {
		c := value[i]
		if c == '\r' || c == '\n' {
			c = ' '
		}
		dst = append(dst, c)
	}
	return dst
}

// now is the date as the header has it, made once a second.
var now atomic.Pointer[stamp]

type stamp struct {
	second int64
	text   string
}

func date() string {
	t := time.Now()
	if s := now.Load(); s != nil && s.second == t.Unix() {
		return s.text
	}
	s := &stamp{t.Unix(), t.UTC().Format(http.TimeFormat)}
	now.Store(s)
	return s.text
}
