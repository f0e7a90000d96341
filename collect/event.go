package collect

import (
	"strings"

	secant "github.com/secantdev/secant"
	"github.com/secantdev/secant/internal/rawjson"
)

// appendEvent appends an event with a known type: the fields of the spec in
// alphabetical order, then the others in the order they came.
func (n *normaliser) appendEvent(s *span, fs *fields, overfull bool) {
	d, out := n.d, n.q.out
	out = append(out, '{')
	if sh := n.shape(fs.anonymousID); sh != absent {
		out = n.appendIDField(out, `"anonymousId":`, fs.anonymousID)
	}
	if named := s.kind == secant.TypePage || s.kind == secant.TypeScreen; !named || n.shape(fs.category) != absent {
		out = n.appendField(out, `"category":`, fs.category)
	}
	out = n.appendChannel(out, fs)
	out = append(out, `"context":`...)
	out = n.appendContext(out, fs.context)
	out = append(out, ',')
	if fs.event != 0 {
		out = append(out, `"event":`...)
		out = append(out, d.Raw(fs.event)...)
		if s.kind == secant.TypeTrack && d.Nodes[fs.event].Kind == rawjson.String {
			s.nmEnd = len(out) - 1
			s.nameStart = s.nmEnd - len(d.Text(fs.event))
		}
		out = append(out, ',')
	}
	if n.shape(fs.groupID) != absent {
		out = n.appendIDField(out, `"groupId":`, fs.groupID)
	}
	out = append(out, `"integrations":`...)
	out = n.appendIntegrations(out, fs.integrations)
	out = append(out, `,"messageId":"`...)
	s.idStart = len(out)
	if sh := n.shape(fs.messageID); sh == text || sh == number {
		out = appendID(out, d, fs.messageID)
	} else {
		out = appendUUID(out)
	}
	s.idEnd = len(out)
	out = append(out, `",`...)
	if named := s.kind == secant.TypePage || s.kind == secant.TypeScreen; !named {
		out = n.appendField(out, `"name":`, fs.name)
	} else if n.shape(fs.name) != absent {
		out = n.appendField(out, `"name":`, fs.name)
		if d.Nodes[fs.name].Kind == rawjson.String {
			s.nmEnd = len(out) - 2
			s.nameStart = s.nmEnd - len(d.Text(fs.name))
		}
	}
	timestamp, original := n.times(fs)
	out = append(out, `"originalTimestamp":"`...)
	out = appendTime(out, original)
	out = append(out, `",`...)
	if n.shape(fs.previousID) != absent {
		out = n.appendIDField(out, `"previousId":`, fs.previousID)
	}
	out = append(out, `"projectId":"`...)
	out = append(out, s.source.ID...)
	out = append(out, `",`...)
	if overfull {
		out = append(out, `"properties":`...)
		out = n.appendFirst(out, fs.properties, n.c.limits.Properties)
		out = append(out, ',')
	} else {
		out = n.appendObjectField(out, `"properties":`, fs.properties)
	}
	out = append(out, `"receivedAt":"`...)
	out = append(out, n.receivedText[:]...)
	out = append(out, `",`...)
	if sent, ok := n.sent(fs); ok {
		out = append(out, `"sentAt":"`...)
		out = appendTime(out, sent)
		out = append(out, `",`...)
	}
	out = append(out, `"timestamp":"`...)
	out = appendTime(out, timestamp)
	out = append(out, `",`...)
	out = n.appendObjectField(out, `"traits":`, fs.traits)
	out = append(out, `"type":"`...)
	out = append(out, s.kind.String()...)
	out = append(out, `",`...)
	if n.shape(fs.userID) != absent {
		out = n.appendIDField(out, `"userId":`, fs.userID)
	}
	out = append(out, `"version":2`...)
	for _, m := range fs.others {
		out = append(out, ',')
		out = appendMember(out, d, m)
	}
	out = append(out, '}')
	n.q.out = out
}

// appendField appends a field as it came, if it did, and a comma.
func (n *normaliser) appendField(out []byte, key string, i int) []byte {
	if i == 0 {
		return out
	}
	out = append(out, key...)
	out = append(out, n.d.Raw(i)...)
	return append(out, ',')
}

// appendObjectField does the same and makes PHP's empty array an object.
func (n *normaliser) appendObjectField(out []byte, key string, i int) []byte {
	if i == 0 {
		return out
	}
	out = append(out, key...)
	if n.d.Nodes[i].Kind == rawjson.Array && n.d.Nodes[i].Count == 0 {
		out = append(out, `{}`...)
	} else {
		out = append(out, n.d.Raw(i)...)
	}
	return append(out, ',')
}

// appendIDField does the same and makes numbers strings.
func (n *normaliser) appendIDField(out []byte, key string, i int) []byte {
	if n.d.Nodes[i].Kind != rawjson.Number {
		return n.appendField(out, key, i)
	}
	out = append(out, key...)
	out = append(out, '"')
	out = appendID(out, n.d, i)
	return append(out, '"', ',')
}

// appendFirst appends the object with its first members only.
func (n *normaliser) appendFirst(out []byte, i, members int) []byte {
	d := n.d
	m := i + 1
	for range members {
		m = int(d.Nodes[m].Next)
	}
	// m is the first one to leave out; what is kept ends before its comma.
	end := d.Nodes[m].KeyStart - 1
	kept := d.Bytes[d.Nodes[i].Start:end]
	for len(kept) > 0 && (kept[len(kept)-1] == ' ' || kept[len(kept)-1] == ',') {
		kept = kept[:len(kept)-1]
	}
	return append(append(out, kept...), '}')
}

// appendChannel appends what kind of program sent the event: as it says, at the
// top or in its context, else by the kind of source.
func (n *normaliser) appendChannel(out []byte, fs *fields) []byte {
	if n.shape(fs.channel) != absent {
		return n.appendField(out, `"channel":`, fs.channel)
	}
	if i := n.inContext(fs, "channel"); n.shape(i) == text {
		return n.appendField(out, `"channel":`, i)
	}
	switch n.kind.Category {
	case "Website":
		return append(out, `"channel":"client",`...)
	case "Mobile":
		return append(out, `"channel":"mobile",`...)
	case "Server":
		return append(out, `"channel":"server",`...)
	}
	return out
}

// sent returns when the client sent the event by its own clock.
func (n *normaliser) sent(fs *fields) (ms int64, ok bool) {
	if fs.sentAt != 0 {
		return timeOf(n.d, fs.sentAt)
	}
	return n.sentAt, n.hasSentAt
}

// times returns when the event happened, by the server's clock and by the
// client's. The difference between the two clocks is what sentAt shows.
func (n *normaliser) times(fs *fields) (timestamp, original int64) {
	original, ok := timeOf(n.d, fs.timestamp)
	if !ok {
		return n.received, n.received
	}
	sent, ok := n.sent(fs)
	if !ok {
		return original, original
	}
	if timestamp = n.received - (sent - original); timestamp < minMillis || timestamp > maxMillis {
		return original, original
	}
	return timestamp, original
}

// visitorIP returns the address to fill in.
func (n *normaliser) visitorIP() string {
	if !n.ipKnown {
		n.ip, n.ipKnown = n.c.clientIP(n.r), true
	}
	return n.ip
}

// maxAgent bounds the user agent that is filled in.
const maxAgent = 1024

// visitorAgent returns the user agent to fill in: not that of an SDK, which
// says nothing about the visitor's device.
func (n *normaliser) visitorAgent() string {
	agent := n.r.Header["User-Agent"]
	if len(agent) == 0 || len(agent[0]) > maxAgent || strings.HasPrefix(agent[0], "analytics-") {
		return ""
	}
	return agent[0]
}
