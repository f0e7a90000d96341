package eventlog

import (
	"encoding/binary"
	"hash/crc32"
	"math"
)

// A log file is
//
//	file header, file header again
//	chunk header, payload, zeros, chunk trailer      (many)
//	footer, end block                                (once the file is sealed)
//
// all little-endian, each part beginning at a multiple of 64 bytes, each with
// its own CRC-32C. The trailer repeats the header, so that no single flipped
// bit can hide a chunk, its number or its partition: whoever meets a damaged
// header looks at every 64th byte for the next good header or trailer.
//
// A file is written by one process from beginning to end: a restart, like a
// failed write, begins a new one, whose header says where the chunks of the
// one before end. What lies behind that point was never acknowledged, its
// numbers were given again, and nobody will look at it.
const (
	align         = 64
	headerSize    = 64
	formatVersion = 1

	// The bytes F8 and above appear in no UTF-8 text, so no event can contain
	// what looks like a header.
	magicHead = 0xF8C553F9
	magicTail = 0xF8C553FA

	magicFile   = 0xFA474F4C544E53FB
	magicFooter = 0xFA544F4F464E53FC
	magicEnd    = 0xFA444E45464E53FD
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

func roundUp(n int64) int64 { return (n + align - 1) &^ (align - 1) }

// header describes one chunk. Its file and offset are part of it, so that
// bytes left over from elsewhere are never taken for a chunk.
type header struct {
	file      uint64 // the low 32 bits are stored
	off       int64  // where the chunk begins
	commit    int64  // where the first chunk of its commit begins
	partition int
	seq       uint64
	origin    uint64
	first     int64
	last      int64
	count     int
	size      int    // of the payload
	sum       uint32 // CRC-32C of the payload
}

// chunkSize returns the room a chunk takes.
func chunkSize(payload int) int64 { return 2*headerSize + roundUp(int64(payload)) }

func (h *header) end() int64     { return h.off + chunkSize(h.size) }
func (h *header) trailer() int64 { return h.end() - headerSize }

// put writes h to b under the given magic number.
func (h *header) put(b []byte, magic uint32) {
	le := binary.LittleEndian
	le.PutUint32(b, magic)
	le.PutUint32(b[8:], uint32(h.file))
	le.PutUint32(b[12:], uint32(h.off/align))
	le.PutUint32(b[16:], uint32(h.commit/align))
	le.PutUint16(b[20:], uint16(h.partition))
	b[22], b[23] = formatVersion, 0
	le.PutUint64(b[24:], h.seq)
	le.PutUint64(b[32:], h.origin)
	le.PutUint64(b[40:], uint64(h.first))
	le.PutUint32(b[48:], uint32(h.count))
	le.PutUint32(b[52:], uint32(h.size))
	le.PutUint32(b[56:], h.sum)
	le.PutUint32(b[60:], uint32(min(max(h.last-h.first, 0), math.MaxUint32)))
	le.PutUint32(b[4:], checksum(b[8:headerSize]))
}

// parse reads the header or trailer in b, which lies in the given file, and
// reports whether it is one.
func (h *header) parse(b []byte, magic uint32, file uint64, partitions int) bool {
	le := binary.LittleEndian
	if le.Uint32(b) != magic || le.Uint32(b[8:]) != uint32(file) || le.Uint32(b[4:]) != checksum(b[8:headerSize]) {
		return false
	}
	*h = header{
		file:      file,
		off:       int64(le.Uint32(b[12:])) * align,
		commit:    int64(le.Uint32(b[16:])) * align,
		partition: int(le.Uint16(b[20:])),
		seq:       le.Uint64(b[24:]),
		origin:    le.Uint64(b[32:]),
		first:     int64(le.Uint64(b[40:])),
		count:     int(le.Uint32(b[48:])),
		size:      int(le.Uint32(b[52:])),
		sum:       le.Uint32(b[56:]),
	}
	h.last = h.first + int64(le.Uint32(b[60:]))
	return b[22] == formatVersion && h.partition < partitions && h.size <= MaxPayload && h.seq > 0 && h.commit <= h.off
}

// fileHeader opens a log file.
type fileHeader struct {
	version int
	num     uint64
	prev    uint64   // number of the file before, 0 for none
	prevEnd int64    // where that file's chunks end
	created int64    // milliseconds since 1970
	start   []uint64 // per partition, the number of the first chunk to come
	origin  []uint64 // per partition, the Origin of the last chunk before
}

func fileHeaderSize(partitions int) int64 { return roundUp(56 + 16*int64(partitions)) }

// dataStart returns where the first chunk begins.
func dataStart(partitions int) int64 { return 2 * fileHeaderSize(partitions) }

// encode returns both copies.
func (f *fileHeader) encode() []byte {
	size := fileHeaderSize(len(f.start))
	b := make([]byte, 2*size)
	le := binary.LittleEndian
	le.PutUint64(b, magicFile)
	le.PutUint16(b[12:], uint16(f.version))
	le.PutUint16(b[14:], uint16(len(f.start)))
	le.PutUint64(b[16:], f.num)
	le.PutUint64(b[24:], f.prev)
	le.PutUint64(b[32:], uint64(f.prevEnd))
	le.PutUint64(b[40:], uint64(f.created))
	for p := range f.start {
		le.PutUint64(b[56+16*p:], f.start[p])
		le.PutUint64(b[64+16*p:], f.origin[p])
	}
	le.PutUint32(b[8:], checksum(b[12:size]))
	copy(b[size:], b[:size])
	return b
}

// parse reads one copy.
func (f *fileHeader) parse(b []byte) bool {
	le := binary.LittleEndian
	if len(b) < 56 || le.Uint64(b) != magicFile {
		return false
	}
	partitions := int(le.Uint16(b[14:]))
	size := fileHeaderSize(partitions)
	if int64(len(b)) < size || le.Uint32(b[8:]) != checksum(b[12:size]) {
		return false
	}
	*f = fileHeader{
		version: int(le.Uint16(b[12:])),
		num:     le.Uint64(b[16:]),
		prev:    le.Uint64(b[24:]),
		prevEnd: int64(le.Uint64(b[32:])),
		created: int64(le.Uint64(b[40:])),
		start:   make([]uint64, partitions),
		origin:  make([]uint64, partitions),
	}
	for p := range f.start {
		f.start[p] = le.Uint64(b[56+16*p:])
		f.origin[p] = le.Uint64(b[64+16*p:])
	}
	return true
}

// parseFileHeader reads the file header in b, the first bytes of a file, from
// whichever copy is good. As the size of a copy depends on the partitions, a
// damaged first copy is stepped over in units.
func parseFileHeader(b []byte) (fileHeader, bool) {
	var f fileHeader
	for at := 0; at < len(b) && at <= int(fileHeaderSize(MaxPartitions)); at += align {
		if f.parse(b[at:]) && (at == 0 || int64(at) == fileHeaderSize(len(f.start))) {
			return f, true
		}
	}
	return f, false
}

// contents says what one file holds.
type contents struct {
	next    []uint64 // per partition, one more than the number of the last chunk
	origin  []uint64 // per partition, its Origin
	first   int64    // lowest received time, 0 when there are no chunks
	last    int64    // highest received time
	chunks  uint64
	damaged uint64
	marks   []mark
}

// mark is an entry of a file's sparse index: the chunks numbered next[p] and
// higher lie at or behind off.
type mark struct {
	off  int64
	next []uint64
}

// markEvery is the distance of marks: a reader that starts anywhere steps
// through at most that much.
const markEvery = 1 << 20

func newContents(start, origin []uint64) contents {
	return contents{next: append([]uint64(nil), start...), origin: append([]uint64(nil), origin...)}
}

// add counts the chunk h in; calls come in file order.
func (c *contents) add(h *header) {
	if n := len(c.marks); n == 0 || h.off >= c.marks[n-1].off+markEvery {
		c.marks = append(c.marks, mark{h.off, append([]uint64(nil), c.next...)})
	}
	if h.seq >= c.next[h.partition] {
		c.next[h.partition] = h.seq + 1
		c.origin[h.partition] = h.origin
	}
	if c.chunks == 0 || h.first < c.first {
		c.first = h.first
	}
	if c.chunks == 0 || h.last > c.last {
		c.last = h.last
	}
	c.chunks++
}

// encodeFooter returns the footer and end block for a file whose chunks end at
// end, which is where it belongs.
func encodeFooter(num uint64, end int64, c *contents) []byte {
	parts := len(c.next)
	size := roundUp(72 + 16*int64(parts) + int64(len(c.marks))*8*int64(1+parts))
	b := make([]byte, size+headerSize)
	le := binary.LittleEndian
	le.PutUint64(b, magicFooter)
	le.PutUint16(b[12:], formatVersion)
	le.PutUint16(b[14:], uint16(parts))
	le.PutUint64(b[16:], num)
	le.PutUint64(b[24:], uint64(end))
	le.PutUint64(b[32:], uint64(c.first))
	le.PutUint64(b[40:], uint64(c.last))
	le.PutUint64(b[48:], c.chunks)
	le.PutUint64(b[56:], c.damaged)
	le.PutUint64(b[64:], uint64(len(c.marks)))
	at := 72
	put := func(v uint64) { le.PutUint64(b[at:], v); at += 8 }
	for p := range c.next {
		put(c.next[p])
		put(c.origin[p])
	}
	for _, m := range c.marks {
		put(uint64(m.off))
		for _, n := range m.next {
			put(n)
		}
	}
	le.PutUint32(b[8:], checksum(b[12:size]))
	tail := b[size:]
	le.PutUint64(tail, magicEnd)
	le.PutUint64(tail[16:], uint64(end))
	le.PutUint64(tail[24:], uint64(size))
	le.PutUint32(tail[8:], checksum(tail[12:]))
	return b
}

// parseEnd reads a file's last block and returns where the footer lies.
func parseEnd(b []byte) (off, size int64, ok bool) {
	le := binary.LittleEndian
	if len(b) != headerSize || le.Uint64(b) != magicEnd || le.Uint32(b[8:]) != checksum(b[12:]) {
		return 0, 0, false
	}
	return int64(le.Uint64(b[16:])), int64(le.Uint64(b[24:])), true
}

// parseFooter reads the footer of file num.
func parseFooter(b []byte, num uint64, partitions int) (c contents, end int64, ok bool) {
	le := binary.LittleEndian
	if len(b) < 72 || le.Uint64(b) != magicFooter || le.Uint32(b[8:]) != checksum(b[12:]) ||
		le.Uint64(b[16:]) != num || int(le.Uint16(b[14:])) != partitions || le.Uint16(b[12:]) != formatVersion {
		return c, 0, false
	}
	marks := le.Uint64(b[64:])
	if marks > uint64(len(b)) || 72+16*partitions+int(marks)*8*(1+partitions) > len(b) {
		return c, 0, false
	}
	c = contents{
		next:    make([]uint64, partitions),
		origin:  make([]uint64, partitions),
		first:   int64(le.Uint64(b[32:])),
		last:    int64(le.Uint64(b[40:])),
		chunks:  le.Uint64(b[48:]),
		damaged: le.Uint64(b[56:]),
		marks:   make([]mark, marks),
	}
	at := 72
	get := func() uint64 { v := le.Uint64(b[at:]); at += 8; return v }
	for p := range c.next {
		c.next[p] = get()
		c.origin[p] = get()
	}
	for i := range c.marks {
		c.marks[i] = mark{off: int64(get()), next: make([]uint64, partitions)}
		for p := range c.marks[i].next {
			c.marks[i].next[p] = get()
		}
	}
	return c, int64(le.Uint64(b[24:])), true
}
