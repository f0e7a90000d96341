package collect

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
)

// maxDrain is how much of a body that is refused for its size is read and
// thrown away, so that the client has finished sending and reads the answer. A
// reset connection would look to it like a failure worth another try.
const maxDrain = 8 << 20

var gzipReaders sync.Pool

// readBody returns the body, unzipped, in q's memory. Neither what arrives nor
// what it unzips to may be larger than limit; nothing beyond it is held.
//
// The Content-Type is ignored, as browsers send JSON as text/plain, and so is
// the Content-Encoding: gzip is known by its first two bytes, which no JSON
// starts with. That way it does not matter that some proxies unzip a body and
// leave the header, and others drop it.
func (c *Collector) readBody(w http.ResponseWriter, r *http.Request, q *request, limit int, what string) ([]byte, *refusal) {
	// A client that sends a byte a minute must not hold its connection for ever.
	// An error means that the writer knows no deadlines, as in some tests.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(c.limits.BodyTimeout))
	if r.ContentLength > int64(limit) {
		drain(r.Body)
		return nil, tooLarge(limit, what)
	}
	var err error
	q.body, err = readAll(q.body, r.Body, limit, int(r.ContentLength))
	body := q.body
	if err == nil && len(body) > 2 && body[0] == 0x1f && body[1] == 0x8b {
		q.unzipped, err = unzip(q.unzipped, body, limit)
		body = q.unzipped
		if err != nil && !errors.Is(err, errLimit) {
			return nil, errGzip
		}
	}
	switch {
	case err == nil:
		return bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), nil
	case errors.Is(err, errLimit):
		drain(r.Body)
		return nil, tooLarge(limit, what)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, errSlow
	default:
		return nil, errBody
	}
}

var errLimit = errors.New("larger than the limit")

// readAll reads r to its end into buf's memory. expect is how much will come,
// or less than 0.
func readAll(buf []byte, r io.Reader, limit, expect int) ([]byte, error) {
	// One byte more than expected, so that the end is seen without growing.
	buf = slices.Grow(buf[:0], min(max(expect+1, 2048), limit+1))
	for {
		n, err := r.Read(buf[len(buf):min(cap(buf), limit+1)])
		buf = buf[:len(buf)+n]
		switch {
		case len(buf) > limit:
			return buf, errLimit
		case err == io.EOF:
			return buf, nil
		case err != nil:
			return buf, err
		}
		if len(buf) == cap(buf) {
			buf = slices.Grow(buf, min(cap(buf), limit+1-len(buf)))
		}
	}
}

func unzip(buf, zipped []byte, limit int) ([]byte, error) {
	in := bytes.NewReader(zipped)
	z, _ := gzipReaders.Get().(*gzip.Reader)
	var err error
	if z == nil {
		z, err = gzip.NewReader(in)
	} else {
		err = z.Reset(in)
	}
	if err != nil {
		return buf, err
	}
	defer gzipReaders.Put(z)
	return readAll(buf, z, limit, 4*len(zipped))
}

func drain(r io.Reader) {
	_, _ = io.CopyN(io.Discard, r, maxDrain) // what remains is net/http's to deal with
}
