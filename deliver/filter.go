package deliver

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/destination"
)

// filter decides which events of its source a destination is meant to get.
type filter struct {
	// names are what the integrations object may call the destination, the
	// most particular first. Their case counts.
	names []string
	asked []string // names, then All
	id    string
	own   []string // names of this one instance among names
	types [8]bool  // by EventType
}

func newFilter(d *secant.Destination, def destination.Definition) *filter {
	f := &filter{id: d.ID, own: []string{d.ID, d.Name}, names: []string{d.ID, d.Name, def.Name, def.Slug}}
	f.asked = append(slices.Clone(f.names), "All", "all")
	types := def.Types
	if types == nil {
		types = secant.EventTypes()
	}
	for _, t := range types {
		f.types[t] = true
	}
	return f
}

// check returns why the event must not be sent, or ReasonNone.
func (f *filter) check(t secant.EventType, event []byte) secant.Reason {
	if int(t) >= len(f.types) || !f.types[t] {
		return secant.ReasonUnsupportedType
	}
	integrations, metadata := routing(event)
	if len(metadata) > 2 && f.bundled(metadata) {
		return secant.ReasonSentClientSide
	}
	if len(integrations) > 2 && !f.enabled(integrations) {
		return secant.ReasonByIntegrations
	}
	return secant.ReasonNone
}

// enabled reports what an integrations object says about the destination: what
// it says by name, else what it says about All, else yes. An object as a value
// means yes and carries options; anything that is no boolean means yes too, as
// Segment treats it.
func (f *filter) enabled(integrations []byte) bool {
	var m map[string]json.RawMessage
	if json.Unmarshal(integrations, &m) != nil {
		return true // not an object: nothing was said
	}
	for _, name := range f.asked {
		if v, ok := m[name]; ok && name != "" {
			return !bytes.Equal(v, []byte("false"))
		}
	}
	return true
}

// bundled reports whether the device already sent the event to the destination.
// Where ids say which of several destinations of one type did, the type's name
// alone says nothing.
func (f *filter) bundled(metadata []byte) bool {
	var m struct {
		Bundled    []string
		BundledIDs []string `json:"bundledIds"`
	}
	if json.Unmarshal(metadata, &m) != nil {
		return false
	}
	names := f.names
	if len(m.BundledIDs) > 0 {
		if slices.Contains(m.BundledIDs, f.id) {
			return true
		}
		names = f.own
	}
	return slices.ContainsFunc(m.Bundled, func(n string) bool { return n != "" && slices.Contains(names, n) })
}

// routing returns the values of the members integrations and _metadata of an
// event, without parsing the rest. The event is valid JSON: the collector made
// it.
func routing(event []byte) (integrations, metadata []byte) {
	i := skipSpace(event, 0)
	if i >= len(event) || event[i] != '{' {
		return nil, nil
	}
	for i++; i < len(event); {
		i = skipSpace(event, i)
		if i >= len(event) || event[i] != '"' {
			return integrations, metadata
		}
		end := skipString(event, i)
		key := event[i+1 : max(end-1, i+1)]
		i = skipSpace(event, end)
		if i >= len(event) || event[i] != ':' {
			return integrations, metadata
		}
		i = skipSpace(event, i+1)
		end = skipValue(event, i)
		switch string(key) {
		case "integrations":
			integrations = event[i:end]
		case "_metadata":
			metadata = event[i:end]
		}
		i = skipSpace(event, end)
		if i < len(event) && event[i] == ',' {
			i++
		}
	}
	return integrations, metadata
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return i
}

// skipString returns the index behind the string that starts at i.
func skipString(b []byte, i int) int {
	for i++; i < len(b); i++ {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return len(b)
		}
		i += n
		escapes := 0
		for b[i-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return i + 1
		}
	}
	return len(b)
}

// skipValue returns the index behind the value that starts at i.
func skipValue(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			if i = skipString(b, i); depth == 0 {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ' ', '\n', '\r', '\t':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return i
}
