// Package rawjson reads JSON without turning it into Go values: one pass checks
// a document against RFC 8259 and notes where each value lies, so that a program
// can look at a few fields and copy the rest byte by byte. On documents of the
// usual kind it allocates nothing.
//
// It is stricter than needed nowhere and more lenient nowhere, with three
// exceptions, each explained where it is: nesting is limited to MaxDepth, and
// Clean gives documents with repeated or dangerous keys or broken UTF-8 one
// meaning, the one that browsers give them.
package rawjson

import (
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

// MaxDepth is how deep objects and arrays may be nested. Nothing that an SDK
// sends comes near; what lies behind may recurse without fear.
const MaxDepth = 100

// defaultTape is how deep Parse notes values: an event's context in a batch is
// at depth 3, the preferences in its consent at depth 6.
const defaultTape = 7

// Kind is what a JSON value is.
type Kind uint8

// Kinds. None is no value at all.
const (
	None Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

// Node is one value of a parsed document.
type Node struct {
	KeyStart, KeyEnd uint32 // the member's key between its quotes; both 0 in an array and at the root
	Start, End       uint32 // the value, quotes and brackets included
	Next             uint32 // index of the node behind this one and all it contains
	Count            uint32 // number of members or elements
	Kind             Kind
	Escaped          bool // a string that contains a backslash
}

// Flags say what about a valid document asks for Clean.
type Flags uint8

// Flags of a document.
const (
	// Repeated: an object may contain a key twice, or a key is written with
	// escapes, so that comparing bytes does not tell.
	Repeated Flags = 1 << iota
	// Proto: a key is "__proto__", which some programs behind cannot be trusted
	// with.
	Proto
	// BadUTF8: some bytes are not UTF-8.
	BadUTF8
	// Lines: there is a line feed, carriage return or tab between tokens, so the
	// document is not one line.
	Lines
)

// Doc is a parsed document. It may be used again and again; its memory is kept.
// It is not safe for concurrent use.
type Doc struct {
	Bytes []byte // the document, as given to Parse; not copied
	Nodes []Node // depth first; Nodes[0] is the whole
	Flags Flags

	hashes []uint64 // of the keys of the open objects, one run for each
	tape   int      // depth to which values are noted, 0 for the default
	frames [MaxDepth]frame
}

// frame is an object or array that is not closed yet.
type frame struct {
	node   int32 // in Nodes, -1 below the tape
	count  uint32
	object bool
	first  int    // where the object's keys start in hashes
	mask   uint64 // a bit for each key, to rule out repetition at a glance
}

// A SyntaxError says what is wrong with a document and where.
type SyntaxError struct {
	Offset  int // bytes from the start
	Message string
}

// Error returns the message and the place.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s at byte %d", e.Message, e.Offset)
}

// ErrDepth means that a document is nested deeper than MaxDepth.
var ErrDepth = errors.New("nested too deep")

// fewKeys is how many keys of an object are compared with each other one by
// one; above, they are sorted, so that a hostile object costs no more per byte
// than any other.
const fewKeys = 32

// Parse checks that b is one JSON value, surrounded by nothing but white space,
// and notes where its values lie. b must not change while the Doc is used. The
// error is a *SyntaxError or wraps ErrDepth; afterwards the Doc holds nothing.
//
// Bytes that are not UTF-8 inside strings are no error but a flag.
func (d *Doc) Parse(b []byte) error {
	d.Bytes, d.Nodes, d.hashes, d.Flags = b, d.Nodes[:0], d.hashes[:0], 0
	if !utf8.Valid(b) {
		d.Flags |= BadUTF8
	}
	if err := d.parse(b); err != nil {
		d.Bytes, d.Nodes = nil, d.Nodes[:0]
		return err
	}
	return nil
}

func (d *Doc) parse(b []byte) error {
	tape := d.tape
	if tape == 0 {
		tape = defaultTape
	}
	var (
		depth            int
		keyStart, keyEnd uint32
		node             Node
		nodes            = d.Nodes // in a register, not behind a pointer
	)
	i := d.space(b, 0)
value:
	if i >= len(b) {
		return &SyntaxError{i, "unexpected end"}
	}
	node = Node{KeyStart: keyStart, KeyEnd: keyEnd, Start: uint32(i)}
	switch c := b[i]; c {
	case '"':
		end, escaped := scanString(b, i+1)
		if end < 0 {
			return stringError(b, i)
		}
		i = end + 1
		node.Kind, node.Escaped = String, escaped
	case '{', '[':
		if depth == MaxDepth {
			return fmt.Errorf("%w: more than %d levels at byte %d", ErrDepth, MaxDepth, i)
		}
		f := &d.frames[depth]
		*f = frame{node: -1, object: c == '{', first: len(d.hashes)}
		if depth <= tape {
			f.node = int32(len(nodes))
			node.Kind = Array
			if f.object {
				node.Kind = Object
			}
			nodes = append(nodes, node)
		}
		depth++
		i++
		if i < len(b) && b[i] <= ' ' {
			i = d.space(b, i)
		}
		if i < len(b) && (b[i] == '}' || b[i] == ']') {
			goto separator
		}
		if f.object {
			goto key
		}
		keyStart, keyEnd = 0, 0
		goto value
	case 't':
		if !literal(b, i, "true") {
			return unexpected(b, i)
		}
		i += 4
		node.Kind = Bool
	case 'f':
		if !literal(b, i, "false") {
			return unexpected(b, i)
		}
		i += 5
		node.Kind = Bool
	case 'n':
		if !literal(b, i, "null") {
			return unexpected(b, i)
		}
		i += 4
		node.Kind = Null
	default:
		end := scanNumber(b, i)
		if end < 0 {
			return unexpected(b, i)
		}
		i = end
		node.Kind = Number
	}
	if depth <= tape {
		node.End = uint32(i)
		node.Next = uint32(len(nodes) + 1)
		nodes = append(nodes, node)
	}
ended:
	if depth == 0 {
		if i = d.space(b, i); i < len(b) {
			return &SyntaxError{i, "something behind the value"}
		}
		d.Nodes = nodes
		return nil
	}
	d.frames[depth-1].count++
	if i < len(b) && b[i] <= ' ' {
		i = d.space(b, i)
	}
separator:
	if i >= len(b) {
		return &SyntaxError{i, "unexpected end"}
	}
	{
		f := &d.frames[depth-1]
		switch c := b[i]; {
		case c == ',' && f.count > 0:
			i++
			if i < len(b) && b[i] <= ' ' {
				i = d.space(b, i)
			}
			if f.object {
				goto key
			}
			keyStart, keyEnd = 0, 0
			goto value
		case c == '}' && f.object, c == ']' && !f.object:
			i++
			if f.object {
				d.close(f)
			}
			if f.node >= 0 {
				n := &nodes[f.node]
				n.End, n.Next, n.Count = uint32(i), uint32(len(nodes)), f.count
			}
			depth--
			goto ended
		}
		return unexpected(b, i)
	}
key:
	if i >= len(b) || b[i] != '"' {
		return unexpected(b, i)
	}
	{
		end, escaped := scanString(b, i+1)
		if end < 0 {
			return stringError(b, i)
		}
		keyStart, keyEnd = uint32(i+1), uint32(end)
		d.key(&d.frames[depth-1], b[i+1:end], escaped)
		i = end + 1
	}
	if i < len(b) && b[i] <= ' ' {
		i = d.space(b, i)
	}
	if i >= len(b) || b[i] != ':' {
		return unexpected(b, i)
	}
	i++
	if i < len(b) && b[i] <= ' ' {
		i = d.space(b, i)
	}
	goto value
}

// space returns the first index from i on that is no white space.
func (d *Doc) space(b []byte, i int) int {
	for ; i < len(b); i++ {
		switch b[i] {
		case ' ':
		case '\n', '\r', '\t':
			d.Flags |= Lines
		default:
			return i
		}
	}
	return i
}

// key looks whether the object has the key already.
func (d *Doc) key(f *frame, key []byte, escaped bool) {
	if escaped {
		d.Flags |= Repeated
	}
	if len(key) == len("__proto__") && string(key) == "__proto__" {
		d.Flags |= Proto
	}
	h := hash(key)
	if bit := uint64(1) << (h >> 58); f.mask&bit == 0 {
		f.mask |= bit
	} else if run := d.hashes[f.first:]; len(run) < fewKeys && slices.Contains(run, h) {
		d.Flags |= Repeated
	}
	d.hashes = append(d.hashes, h)
}

// close looks for repeated keys in an object of many and forgets its keys.
func (d *Doc) close(f *frame) {
	run := d.hashes[f.first:]
	if len(run) > fewKeys && d.Flags&Repeated == 0 {
		slices.Sort(run)
		for i := 1; i < len(run); i++ {
			if run[i] == run[i-1] {
				d.Flags |= Repeated
				break
			}
		}
	}
	d.hashes = d.hashes[:f.first]
}

// Raw returns the bytes of value i.
func (d *Doc) Raw(i int) []byte {
	n := &d.Nodes[i]
	return d.Bytes[n.Start:n.End]
}

// Text returns the bytes between the quotes of string i, escapes kept.
func (d *Doc) Text(i int) []byte {
	n := &d.Nodes[i]
	return d.Bytes[n.Start+1 : n.End-1]
}

// Key returns the bytes between the quotes of the key of member i, escapes kept.
func (d *Doc) Key(i int) []byte {
	n := &d.Nodes[i]
	return d.Bytes[n.KeyStart:n.KeyEnd]
}

// Find returns the index of the member of object i that has the key, or 0 when
// there is none or i is no object (nothing contains the root). A key written
// with escapes is not found: Clean the document first.
func (d *Doc) Find(i int, key string) int {
	if d.Nodes[i].Kind != Object {
		return 0
	}
	for c, end := i+1, int(d.Nodes[i].Next); c < end; c = int(d.Nodes[c].Next) {
		if string(d.Key(c)) == key {
			return c
		}
	}
	return 0
}

// Noted reports whether the members or elements of value i are among the nodes:
// those of values nested too deep are only checked, and counted.
func (d *Doc) Noted(i int) bool {
	return d.Nodes[i].Count == 0 || int(d.Nodes[i].Next) > i+1
}

// Path follows keys from object i on, and returns 0 when one of them is not
// there.
func (d *Doc) Path(i int, keys ...string) int {
	for _, key := range keys {
		if i = d.Find(i, key); i == 0 {
			return 0
		}
	}
	return i
}
