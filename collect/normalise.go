package collect

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"

	"github.com/cespare/xxhash/v2"

	secant "github.com/secantdev/secant"
	"github.com/secantdev/secant/internal/rawjson"
)

// normaliser brings events into the shape that everything behind the log
// relies on:
//
//   - the server's fields are set: receivedAt, originalTimestamp, timestamp
//     (corrected by the client's clock error), projectId (the source's id),
//     version 2, channel, and messageId, type, context and integrations where
//     they were missing; times are UTC with milliseconds;
//   - ids are strings; fields of the spec that were null are left out, and []
//     is {} where an object belongs;
//   - the envelope's context and integrations are merged into the event's;
//   - writeKey is gone; whatever else the client sent is kept as it came.
//
// Items that are no events, for want of a known type, are kept as they came.
// A messageId longer than Segment's 100 characters is kept: cutting it could
// make two events one.
type normaliser struct {
	c        *Collector
	r        *http.Request
	q        *request
	d        *rawjson.Doc
	received int64
	note     secant.Note // on every event of the request

	receivedText [len("2006-01-02T15:04:05.000Z")]byte

	// Of the envelope, 0 when absent; not used for single events.
	context, integration int
	sentAt               int64
	hasSentAt            bool

	source *secant.Source // of the last event, and its kind
	kind   secant.SourceKind

	ip      string // of the visitor, once asked for
	ipKnown bool

	index indexes // of large objects in the envelope
}

// fields are the nodes of an event's members that mean something here, 0 when
// absent or null.
type fields struct {
	anonymousID, channel, context, event, groupID, integrations, messageID, name, category,
	previousID, properties, sentAt, timestamp, traits, kind, userID int
	others []int // those that mean nothing here
}

// start prepares for the events of one request.
func (n *normaliser) start(c *Collector, r *http.Request, q *request) {
	*n = normaliser{c: c, r: r, q: q, d: &q.doc, received: c.now().UnixMilli()}
	appendTime(n.receivedText[:0], n.received)
}

// envelope notes what a batch says about all of its events, and returns how
// many bytes that adds to count of them.
func (n *normaliser) envelope(count int) int {
	d := n.d
	if n.context = d.Find(0, "context"); n.context != 0 && d.Nodes[n.context].Kind != rawjson.Object {
		n.context = 0
	}
	if n.integration = d.Find(0, "integrations"); n.integration != 0 && d.Nodes[n.integration].Kind != rawjson.Object {
		n.integration = 0
	}
	n.sentAt, n.hasSentAt = timeOf(d, d.Find(0, "sentAt"))
	size := 0
	if n.context != 0 {
		size += len(d.Raw(n.context))
	}
	if n.integration != 0 {
		size += len(d.Raw(n.integration))
	}
	return size * count
}

// add appends the event at node i, of type kind or, when that is TypeUnknown,
// the type it says it has.
func (n *normaliser) add(i int, kind secant.EventType, source *secant.Source) {
	d, q := n.d, n.q
	if source != n.source {
		n.source = source
		n.kind, _ = source.Type.Kind()
	}
	f := facts{isObject: d.Nodes[i].Kind == rawjson.Object}
	s := span{source: source, kind: kind, note: n.note, start: len(q.out)}
	if !f.isObject {
		s.reason = reasonFor(&f)
		q.out = append(q.out, d.Raw(i)...)
		s.end = len(q.out)
		s.lane = laneOf(source.ID, nil)
		q.spans = append(q.spans, s)
		return
	}
	var fs fields
	n.find(i, &fs)
	if kind == secant.TypeUnknown && fs.kind != 0 && d.Nodes[fs.kind].Kind == rawjson.String {
		s.kind = typeOf(d.Text(fs.kind))
	}
	f.kind = s.kind
	overfull := fs.properties != 0 && int(d.Nodes[fs.properties].Count) > n.c.limits.Properties &&
		d.Nodes[fs.properties].Kind == rawjson.Object
	// An event of more properties than allowed is judged by that rule, which
	// keeps it; by its size it would never pass.
	f.tooLarge = len(d.Raw(i)) > n.c.limits.Event && !overfull
	n.gather(&f, &fs)
	s.reason = reasonFor(&f)
	if f.kind == secant.TypeUnknown {
		n.appendRaw(i, &s, &fs)
	} else {
		n.appendEvent(&s, &fs, overfull)
	}
	s.end = len(q.out)
	s.lane = n.lane(&s, &fs)
	if overfull {
		s.note = secant.NoteShortened
	}
	q.spans = append(q.spans, s)
}

// find looks through the members of the object at node i.
func (n *normaliser) find(i int, fs *fields) {
	d := n.d
	others := n.q.others[:0]
	for m, end := i+1, int(d.Nodes[i].Next); m < end; m = int(d.Nodes[m].Next) {
		at := m
		if d.Nodes[m].Kind == rawjson.Null {
			at = 0
		}
		switch string(d.Key(m)) {
		case "anonymousId":
			fs.anonymousID = at
		case "channel":
			fs.channel = at
		case "context":
			fs.context = at
		case "event":
			fs.event = at
		case "groupId":
			fs.groupID = at
		case "integrations":
			fs.integrations = at
		case "messageId":
			fs.messageID = at
		case "name":
			fs.name = at
		case "category":
			fs.category = at
		case "previousId":
			fs.previousID = at
		case "properties":
			fs.properties = at
		case "sentAt":
			fs.sentAt = at
		case "timestamp":
			fs.timestamp = at
		case "traits":
			fs.traits = at
		case "type":
			fs.kind = at
		case "userId":
			fs.userID = at
		case "writeKey", "receivedAt", "originalTimestamp", "projectId", "version":
			// the server's to say
		default:
			others = append(others, m)
		}
	}
	fs.others, n.q.others = others, others
}

func typeOf(text []byte) secant.EventType {
	switch string(text) {
	case "track":
		return secant.TypeTrack
	case "identify":
		return secant.TypeIdentify
	case "page":
		return secant.TypePage
	case "screen":
		return secant.TypeScreen
	case "group":
		return secant.TypeGroup
	case "alias":
		return secant.TypeAlias
	}
	return secant.TypeUnknown
}

// gather fills in what validity depends on.
func (n *normaliser) gather(f *facts, fs *fields) {
	f.userID, f.anonymousID = n.shape(fs.userID), n.shape(fs.anonymousID)
	f.groupID, f.previousID = n.shape(fs.groupID), n.shape(fs.previousID)
	f.event, f.name, f.category = n.shape(fs.event), n.shape(fs.name), n.shape(fs.category)
	f.properties, f.traits = n.shape(fs.properties), n.shape(fs.traits)
	if fs.context == 0 && n.context == 0 {
		return
	}
	f.advertisingID = n.shape(n.inContext(fs, "device", "advertisingId"))
	if f.consent = n.shape(n.inContext(fs, "consent")); f.consent == absent {
		return
	}
	preferences := n.inContext(fs, "consent", "categoryPreferences")
	f.preferences = n.shape(preferences)
	f.consentVersion = n.shape(n.inContext(fs, "consent", "version"))
	if f.preferences == object {
		d := n.d
		for p := preferences + 1; p < int(d.Nodes[preferences].Next); p = int(d.Nodes[p].Next) {
			f.preferencesNotBool = f.preferencesNotBool || d.Nodes[p].Kind != rawjson.Bool
		}
	}
}

// inContext returns the node at a path in the event's context, else in the
// envelope's, else 0.
func (n *normaliser) inContext(fs *fields, keys ...string) int {
	for _, context := range [...]int{fs.context, n.context} {
		if context == 0 {
			continue
		}
		if i := n.d.Path(context, keys...); i != 0 && n.d.Nodes[i].Kind != rawjson.Null {
			return i
		}
	}
	return 0
}

func (n *normaliser) shape(i int) shape {
	if i == 0 {
		return absent
	}
	node := &n.d.Nodes[i]
	switch node.Kind {
	case rawjson.String:
		if node.End-node.Start == 2 {
			return absent
		}
		return text
	case rawjson.Number:
		return number
	case rawjson.Bool:
		return boolean
	case rawjson.Array:
		if node.Count == 0 {
			return object
		}
		return list
	case rawjson.Object:
		return object
	}
	return absent
}

// appendRaw appends an item that is no event, but for its write key.
func (n *normaliser) appendRaw(i int, s *span, fs *fields) {
	d, q := n.d, n.q
	q.out = append(q.out, '{')
	comma := false
	for m := i + 1; m < int(d.Nodes[i].Next); m = int(d.Nodes[m].Next) {
		if string(d.Key(m)) == "writeKey" {
			continue
		}
		if comma {
			q.out = append(q.out, ',')
		}
		comma = true
		q.out = appendMember(q.out, d, m)
		if m == fs.messageID && d.Nodes[m].Kind == rawjson.String {
			s.idStart, s.idEnd = len(q.out)-1-len(d.Text(m)), len(q.out)-1
		}
	}
	q.out = append(q.out, '}')
}

// appendMember appends the key and the value of node m as they came.
func appendMember(dst []byte, d *rawjson.Doc, m int) []byte {
	node := &d.Nodes[m]
	return append(dst, d.Bytes[node.KeyStart-1:node.End]...)
}

// appendID appends the contents of an id as they stand between quotes. Numbers
// are written as JavaScript would.
func appendID(dst []byte, d *rawjson.Doc, i int) []byte {
	switch d.Nodes[i].Kind {
	case rawjson.String:
		return append(dst, d.Text(i)...)
	case rawjson.Number:
		raw := d.Raw(i)
		if !strings.ContainsAny(string(raw), ".eE") && string(raw) != "-0" {
			return append(dst, raw...)
		}
		f, err := strconv.ParseFloat(string(raw), 64)
		if err != nil {
			return append(dst, raw...)
		}
		if f == 0 {
			return append(dst, '0')
		}
		if f < 1e21 && f > -1e21 && (f >= 1e-6 || f <= -1e-6) {
			return strconv.AppendFloat(dst, f, 'f', -1, 64)
		}
		return strconv.AppendFloat(dst, f, 'g', -1, 64)
	}
	return dst
}

// lane hashes what keeps a visitor's events in order.
func (n *normaliser) lane(s *span, fs *fields) uint32 {
	q := n.q
	visitor := q.scratch[:0]
	for _, id := range [...]int{fs.anonymousID, fs.userID} {
		if sh := n.shape(id); sh == text || sh == number {
			if visitor = appendID(visitor, n.d, id); n.d.Nodes[id].Escaped {
				// One id may be written with different escapes by two SDKs.
				at := len(visitor)
				visitor = rawjson.AppendUnescaped(visitor, visitor)
				visitor = visitor[at:]
			}
			break
		}
	}
	if len(visitor) == 0 {
		visitor = append(visitor, q.out[s.idStart:s.idEnd]...)
	}
	q.scratch = visitor
	return laneOf(s.source.ID, visitor)
}

func laneOf(source string, visitor []byte) uint32 {
	var h xxhash.Digest
	h.Reset()
	_, _ = h.WriteString(source)
	_, _ = h.Write([]byte{0})
	_, _ = h.Write(visitor)
	return uint32(h.Sum64())
}

// appendUUID appends a random UUID. It has to be new, not secret.
func appendUUID(dst []byte) []byte {
	const hex = "0123456789abcdef"
	hi, lo := rand.Uint64(), rand.Uint64()
	hi = hi&^0xf000 | 0x4000            // version 4
	lo = lo&^0xc000000000000000 | 1<<63 // variant 10
	for i := range 16 {
		word, shift := hi, 56-8*i
		if i >= 8 {
			word, shift = lo, 56-8*(i-8)
		}
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		b := byte(word >> shift)
		dst = append(dst, hex[b>>4], hex[b&15])
	}
	return dst
}
