package eventlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"
)

// errDamaged means that a payload does not match its checksum.
var errDamaged = errors.New("damaged chunk")

// window is how much a chunkReader reads at once. Small, since every
// destination has one per partition.
const window = 32 << 10

var readWindows = sync.Pool{New: func() any { b := make([]byte, window); return &b }}

// chunkReader steps through the chunks of one file. It never believes a byte
// that no checksum covers, whatever the file holds.
type chunkReader struct {
	src        io.ReaderAt
	file       uint64
	partitions int
	pos        int64 // where the next chunk should begin
	end        int64 // where to stop

	buf []byte // bytes of the file from off on
	off int64
}

// next returns the header of the next good chunk at or behind pos without
// moving beyond it; skip does. damaged is the number of bytes before it that are
// no chunk. At the end it returns io.EOF, with damaged set when the file does not
// end with a whole chunk.
func (r *chunkReader) next() (h header, damaged int64, err error) {
	start := r.pos
	for at := start; at+headerSize <= r.end; at += align {
		b, err := r.peek(at)
		if err != nil {
			return h, 0, err
		}
		switch binary.LittleEndian.Uint32(b) {
		case magicHead:
			if h.parse(b, magicHead, r.file, r.partitions) && h.off == at && h.end() <= r.end {
				r.pos = at
				return h, at - start, nil
			}
		case magicTail:
			// The header was damaged, but the trailer says all it said.
			if h.parse(b, magicTail, r.file, r.partitions) && h.off >= start && h.trailer() == at {
				r.pos = h.off
				return h, h.off - start, nil
			}
		}
	}
	r.pos = max(r.end, start)
	return header{}, r.pos - start, io.EOF
}

// skip moves behind the chunk.
func (r *chunkReader) skip(h *header) { r.pos = h.end() }

// payload reads the payload of h into buf, grown as needed. The error is
// errDamaged when it is not what was written.
func (r *chunkReader) payload(h *header, buf []byte) ([]byte, error) {
	if cap(buf) < h.size {
		buf = make([]byte, h.size, roundUp(int64(h.size)))
	}
	buf = buf[:h.size]
	from := h.off + headerSize
	if from >= r.off && from+int64(h.size) <= r.off+int64(len(r.buf)) {
		copy(buf, r.buf[from-r.off:])
	} else if err := readFull(r.src, buf, from); err != nil {
		return buf, err
	}
	if checksum(buf) != h.sum {
		return buf, errDamaged
	}
	return buf, nil
}

// whole reports whether the trailer of h is good. A chunk that a power cut left
// half-written usually has none.
func (r *chunkReader) whole(h *header) bool {
	var b [headerSize]byte
	var t header
	return readFull(r.src, b[:], h.trailer()) == nil &&
		t.parse(b[:], magicTail, r.file, r.partitions) && t.off == h.off
}

// peek returns the headerSize bytes at position at.
func (r *chunkReader) peek(at int64) ([]byte, error) {
	if at < r.off || at+headerSize > r.off+int64(len(r.buf)) {
		if cap(r.buf) < window {
			r.buf = *readWindows.Get().(*[]byte)
		}
		r.buf = r.buf[:min(int64(cap(r.buf)), r.end-at)]
		r.off = at
		if err := readFull(r.src, r.buf, at); err != nil {
			r.buf = r.buf[:0]
			return nil, err
		}
	}
	i := at - r.off
	return r.buf[i : i+headerSize], nil
}

// forget gives the window back, so that an idle reader holds no memory.
func (r *chunkReader) forget() {
	if cap(r.buf) > 0 {
		b := r.buf[:cap(r.buf)]
		readWindows.Put(&b)
	}
	r.buf = nil
}

// readFull fills b from position off. What the disk cannot read is returned as
// zeros, which no checksum accepts, so that a bad sector costs the chunk it lies
// in and not the reader.
func readFull(src io.ReaderAt, b []byte, off int64) error {
	n, err := src.ReadAt(b, off)
	if n == len(b) {
		return nil
	}
	if errors.Is(err, io.EOF) { // the file is shorter than it was
		clear(b[n:])
		return nil
	}
	if !errors.Is(err, syscall.EIO) {
		return fmt.Errorf("read event log: %w", err)
	}
	const sector = 4 << 10
	for i := 0; i < len(b); {
		part := b[i:min(len(b), i+sector-int((off+int64(i))%sector))]
		if n, err := src.ReadAt(part, off+int64(i)); err != nil {
			clear(part[n:])
		}
		i += len(part)
	}
	return nil
}
