package secant

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
)

// sample returns a record with everything in it.
func sample() Record {
	json := []byte(`{"messageId":"m-1","type":"track","event":"Order Completed","userId":"u"}`)
	return Record{
		Source: "shop-web", Type: TypeTrack, Reason: ReasonNoUserAnonID, ReceivedAt: 1772366400123, Lane: 0xdeadbeef,
		JSON: json, MessageID: json[14:17], Name: json[43:58],
	}
}

func same(a, b *Record) bool {
	return a.Source == b.Source && a.Type == b.Type && a.Reason == b.Reason && a.ReceivedAt == b.ReceivedAt && a.Lane == b.Lane &&
		bytes.Equal(a.JSON, b.JSON) && bytes.Equal(a.MessageID, b.MessageID) && bytes.Equal(a.Name, b.Name)
}

func TestRecordRoundTrip(t *testing.T) {
	t.Parallel()
	full := sample()
	if string(full.MessageID) != "m-1" || string(full.Name) != "Order Completed" {
		t.Fatalf("the sample is wrong: %s %s", full.MessageID, full.Name)
	}
	whole := Record{Source: "s", JSON: []byte(`x`)}
	whole.MessageID, whole.Name = whole.JSON, whole.JSON
	large := Record{Source: strings.Repeat("s", 300), Reason: Reason(strings.Repeat("r", 200)), JSON: bytes.Repeat([]byte("j"), 70_000)}
	large.MessageID, large.Name = large.JSON[69_000:], large.JSON[200:20_000]
	spare := Record{JSON: append(make([]byte, 0, 100), `{"id":"abc"}`...)} // with room behind
	spare.MessageID = spare.JSON[7:10]
	records := []Record{full, {}, {JSON: []byte{}}, {ReceivedAt: -1}, whole, large, spare, {Type: TypeAlias, JSON: []byte("null")}}
	var laid []byte
	for i := range records {
		laid = AppendRecord(laid, &records[i])
	}
	rest, got := laid, Record{}
	for i := range records {
		var err error
		if rest, err = DecodeRecord(rest, &got); err != nil {
			t.Fatalf("record %d: %v", i, err)
		}
		if !same(&got, &records[i]) {
			t.Errorf("record %d: got %+v, want %+v", i, got, records[i])
		}
		if again := AppendRecord(nil, &got); !bytes.Equal(again, AppendRecord(nil, &records[i])) {
			t.Errorf("record %d: a decoded record is encoded differently", i)
		}
	}
	if len(rest) != 0 {
		t.Errorf("%d bytes are left", len(rest))
	}
	if prefix := []byte("before"); !bytes.HasPrefix(AppendRecord(prefix, &full), prefix) {
		t.Error("AppendRecord does not append")
	}
}

// Decoding a run of records of one source does not allocate.
func TestDecodeRecordAllocates(t *testing.T) {
	r := sample()
	b := AppendRecord(nil, &r)
	var got Record
	if _, err := DecodeRecord(b, &got); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = DecodeRecord(b, &got) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestDecodeRecordErrors(t *testing.T) {
	t.Parallel()
	r := sample()
	good := AppendRecord(nil, &r)
	body := good[1:] // without its length, which fits one byte
	if int(good[0]) != len(body) {
		t.Fatalf("length %d of %d bytes", good[0], len(body))
	}
	framed := func(b []byte) []byte { return append(binary.AppendUvarint(nil, uint64(len(b))), b...) }
	changed := func(at int, v byte) []byte {
		b := bytes.Clone(body)
		b[at] = v
		return framed(b)
	}
	offsets := 2 + 1 + len(r.Source) + 1 + len(r.Reason) + 12
	for name, b := range map[string][]byte{
		"Empty":          nil,
		"NoBody":         {0},
		"OneByte":        {1, 1},
		"EndlessLength":  bytes.Repeat([]byte{0xff}, 11),
		"LengthTooLarge": append(binary.AppendUvarint(nil, 1<<40), body...),
		"Version":        changed(0, 9),
		"SourceTooLong":  changed(2, 0xff),
		"ReasonTooLong":  changed(2+1+len(r.Source), 0x7f),
		"IDOutside":      changed(offsets, 0x7f),
		"IDTooLong":      changed(offsets+1, 0x7f),
		"NameOutside":    changed(offsets+2, 0x7f),
		"NameTooLong":    changed(offsets+3, 0x7f),
		"OffsetOverflow": framed(append(bytes.Clone(body[:offsets]), bytes.Repeat([]byte{0xff}, 9)...)),
	} {
		var got Record
		if _, err := DecodeRecord(b, &got); !errors.Is(err, ErrRecord) {
			t.Errorf("%s: error %v, want ErrRecord", name, err)
		}
	}
	// No cut-off record is taken for a whole one, framed or not.
	for n := range len(good) {
		var got Record
		if _, err := DecodeRecord(good[:n:n], &got); !errors.Is(err, ErrRecord) {
			t.Errorf("the first %d bytes: error %v, want ErrRecord", n, err)
		}
	}
	for n := range offsets + 4 {
		var got Record
		if _, err := DecodeRecord(framed(body[:n]), &got); !errors.Is(err, ErrRecord) {
			t.Errorf("a body of the first %d bytes: error %v, want ErrRecord", n, err)
		}
	}
}

// A name that is no part of the JSON would be lost in the log: that is a bug
// of the caller and must not pass.
func TestAppendRecordForeignSlice(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]Record{
		"Foreign":   {JSON: []byte(`{"messageId":"a"}`), MessageID: []byte("a")},
		"EmptyJSON": {Name: []byte("a")},
		"Beyond":    func() Record { b := []byte("0123456789"); return Record{JSON: b[:5], Name: b[3:8]} }(),
		"Before":    func() Record { b := []byte("0123456789"); return Record{JSON: b[5:], Name: b[3:8]} }(),
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			AppendRecord(nil, &r)
		}()
	}
}

func BenchmarkRecord(b *testing.B) {
	r := sample()
	var buf []byte
	b.Run("Append", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			buf = AppendRecord(buf[:0], &r)
		}
	})
	b.Run("Decode", func(b *testing.B) {
		buf = AppendRecord(buf[:0], &r)
		var got Record
		b.ReportAllocs()
		for range b.N {
			if _, err := DecodeRecord(buf, &got); err != nil {
				b.Fatal(err)
			}
		}
	})
}
