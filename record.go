package secant

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Record is one event as it lies in the log: the normalised JSON and the few
// facts found while it was collected, so that nothing behind the log has to
// parse the JSON again to route, dedupe or count it.
type Record struct {
	Source     string    // id of the source it was collected for
	Type       EventType // TypeUnknown only together with a Reason
	Reason     Reason    // why it may not go on, found when it was collected; usually empty
	Note       Note      // what a person should know about it although it goes on; usually none
	ReceivedAt int64     // server clock at arrival, milliseconds since 1970
	Lane       uint32    // hash of source and visitor (anonymousId, else userId): equal lane, kept order
	JSON       []byte    // the event as destinations see it: one JSON value, UTF-8, no writeKey

	// MessageID and Name are the raw contents (between the quotes, escapes
	// kept) of the JSON strings messageId and event (track) or name (page,
	// screen). They are empty or subslices of JSON.
	MessageID []byte
	Name      []byte
}

// recordVersion is the first byte of every encoded record.
const recordVersion = 1

// ErrRecord means that bytes are not an encoded record. The log's checksums
// make it an error of the program, never of the disk.
var ErrRecord = errors.New("malformed event record")

// AppendRecord appends the encoding of r to dst and returns the extended
// slice. The encoding is prefixed with its length, so that records can be laid
// end to end.
func AppendRecord(dst []byte, r *Record) []byte {
	idOff, idLen := within(r.JSON, r.MessageID)
	nameOff, nameLen := within(r.JSON, r.Name)
	size := 2 + uvarintLen(len(r.Source)) + len(r.Source) + uvarintLen(len(r.Reason)) + len(r.Reason) +
		8 + 4 + uvarintLen(idOff) + uvarintLen(idLen) + uvarintLen(nameOff) + uvarintLen(nameLen) + len(r.JSON)
	dst = binary.AppendUvarint(dst, uint64(size))
	dst = append(dst, recordVersion, byte(r.Type)|byte(r.Note)<<4)
	dst = binary.AppendUvarint(dst, uint64(len(r.Source)))
	dst = append(dst, r.Source...)
	dst = binary.AppendUvarint(dst, uint64(len(r.Reason)))
	dst = append(dst, r.Reason...)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(r.ReceivedAt))
	dst = binary.LittleEndian.AppendUint32(dst, r.Lane)
	dst = binary.AppendUvarint(dst, uint64(idOff))
	dst = binary.AppendUvarint(dst, uint64(idLen))
	dst = binary.AppendUvarint(dst, uint64(nameOff))
	dst = binary.AppendUvarint(dst, uint64(nameLen))
	return append(dst, r.JSON...)
}

// DecodeRecord reads the record at the start of b into r and returns the bytes
// after it. JSON, MessageID and Name alias b; Source and Reason are copied only
// when they differ from what r held, so decoding a run of records of one source
// into one variable does not allocate.
func DecodeRecord(b []byte, r *Record) (rest []byte, err error) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) || size < 2 {
		return nil, fmt.Errorf("%w: length", ErrRecord)
	}
	b, rest = b[n:n+int(size)], b[n+int(size):]
	if b[0] != recordVersion {
		return nil, fmt.Errorf("%w: version %d", ErrRecord, b[0])
	}
	r.Type, r.Note = EventType(b[1]&0x0f), Note(b[1]>>4)
	b = b[2:]
	source, b, ok := cutPrefixed(b)
	if !ok {
		return nil, fmt.Errorf("%w: source", ErrRecord)
	}
	reason, b, ok := cutPrefixed(b)
	if !ok || len(b) < 12 {
		return nil, fmt.Errorf("%w: reason", ErrRecord)
	}
	if r.Source != string(source) {
		r.Source = string(source)
	}
	if string(r.Reason) != string(reason) {
		r.Reason = Reason(reason)
	}
	r.ReceivedAt = int64(binary.LittleEndian.Uint64(b))
	r.Lane = binary.LittleEndian.Uint32(b[8:])
	b = b[12:]
	var at [4]int
	for i := range at {
		v, n := binary.Uvarint(b)
		if n <= 0 || v > size {
			return nil, fmt.Errorf("%w: offsets", ErrRecord)
		}
		at[i], b = int(v), b[n:]
	}
	if at[0]+at[1] > len(b) || at[2]+at[3] > len(b) {
		return nil, fmt.Errorf("%w: offsets", ErrRecord)
	}
	r.JSON = b
	r.MessageID = b[at[0] : at[0]+at[1]]
	r.Name = b[at[2] : at[2]+at[3]]
	return rest, nil
}

// within returns the offset and length of part, a subslice of whole, or zeros
// when part is empty. A part that does not alias whole is found by its bytes'
// address being outside, and is a programming error.
func within(whole, part []byte) (off, n int) {
	if len(part) == 0 {
		return 0, 0
	}
	// cap counts to the end of the shared backing array, so the difference of
	// the capacities of two slices of one array is the difference of their
	// starts.
	off = cap(whole) - cap(part)
	if off < 0 || off+len(part) > len(whole) || &whole[off] != &part[0] {
		panic("secant: Record.MessageID and Name must be subslices of Record.JSON")
	}
	return off, len(part)
}

func cutPrefixed(b []byte) (field, rest []byte, ok bool) {
	n, w := binary.Uvarint(b)
	if w <= 0 || n > uint64(len(b)-w) {
		return nil, nil, false
	}
	return b[w : w+int(n)], b[w+int(n):], true
}

func uvarintLen(n int) int {
	l := 1
	for v := uint64(n); v >= 0x80; v >>= 7 {
		l++
	}
	return l
}
