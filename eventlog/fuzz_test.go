package eventlog

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/s2"

	"github.com/secantdev/secant"
)

// chunkFile returns the bytes of a log file with a few chunks.
func chunkFile(tb testing.TB) []byte {
	tb.Helper()
	dir := tb.TempDir()
	l := mustOpen(tb, Options{Dir: dir, Partitions: 2, Logger: quiet()})
	for _, id := range []string{"a", "b"} {
		if err := l.Append(context.Background(), []secant.Record{record(0, id), record(1, id)}); err != nil {
			tb.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		tb.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, filepath.Base(filePath("", 1))))
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// FuzzChunkReader gives the reader a file of arbitrary bytes: it must come to
// its end, return nothing that a checksum does not cover, account for every
// byte, and hold the log's limits; and opening such a file must repair it or say why not.
func FuzzChunkReader(f *testing.F) {
	data := chunkFile(f)
	for _, resum := range []bool{false, true} {
		f.Add(data, resum)
		f.Add(data[:len(data)-100], resum)
		f.Add(data[dataStart(2):], resum)
		f.Add([]byte{}, resum)
	}
	f.Fuzz(func(t *testing.T, data []byte, resum bool) {
		if resum {
			data = correctSums(data)
		}
		r := chunkReader{src: bytes.NewReader(data), file: 1, partitions: 2, end: int64(len(data))}
		var buf []byte
		at := int64(0)
		for {
			h, damaged, err := r.next()
			if damaged < 0 || r.pos != at+damaged {
				t.Fatalf("at %d after %d and %d damaged bytes", r.pos, at, damaged)
			}
			if errors.Is(err, io.EOF) {
				if r.pos != r.end {
					t.Fatalf("ended at %d of %d", r.pos, r.end)
				}
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if h.off != r.pos || h.end() > r.end || h.partition > 1 || h.size > MaxPayload {
				t.Fatalf("accepted %+v", h)
			}
			buf, err = r.payload(&h, buf)
			if err == nil && checksum(buf) != h.sum {
				t.Fatal("a payload that does not match its checksum")
			}
			if err == nil {
				decodeAll(buf, h.count)
			}
			r.skip(&h)
			at = r.pos
		}

		dir := memoryDir(t)
		if err := os.WriteFile(filePath(dir, 1), data, 0o600); err != nil {
			t.Fatal(err)
		}
		// Without the goroutines of an open log, which would make what the
		// fuzzer sees depend on chance.
		o := Options{Dir: dir, Partitions: 2, Logger: quiet()}
		if err := o.normalise(); err != nil {
			t.Fatal(err)
		}
		e := newFiles(o, disk{})
		if err := e.load(); err != nil {
			return // it says so; nothing was taken for an event
		}
		c := e.Read(0, 0)
		defer c.Close()
		var n Entry
		for {
			ok, err := c.Next(&n)
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				return
			}
			decodeAll(n.Payload, n.Count)
		}
	})
}

// correctSums gives every part of a file the checksum it should have, as no
// fuzzer would find it, so that nonsense with a good checksum is tried too.
func correctSums(data []byte) []byte {
	data = bytes.Clone(data)
	le := binary.LittleEndian
	for at := 0; at+headerSize <= len(data); at += align {
		b := data[at:]
		switch m := le.Uint32(b); {
		case m == magicHead || m == magicTail:
			le.PutUint32(b[4:], checksum(b[8:headerSize]))
		case le.Uint64(b) == magicFile:
			if size := fileHeaderSize(int(le.Uint16(b[14:]))); size <= int64(len(b)) {
				le.PutUint32(b[8:], checksum(b[12:size]))
			}
		case le.Uint64(b) == magicEnd:
			le.PutUint32(b[8:], checksum(b[12:headerSize]))
			if off := le.Uint64(b[16:]); off+12 < uint64(at) {
				le.PutUint32(data[off+8:], checksum(data[off+12:at]))
			}
		}
	}
	return data
}

// decodeAll decodes what it can: it must not panic.
func decodeAll(payload []byte, count int) {
	if n, err := s2.DecodedLen(payload); err != nil || n > 2*MaxPayload {
		return
	}
	raw, err := s2.Decode(nil, payload)
	if err != nil {
		return
	}
	c := Chunk{Count: count, raw: raw}
	for range c.Records() {
	}
}
