package collect

import "github.com/secantdev/secant/internal/rawjson"

// appendContext appends an event's context: the envelope's under the event's
// own, [] made {} where an object belongs, and the visitor's address and user
// agent when the source runs on the visitor's device and the event says neither.
func (n *normaliser) appendContext(out []byte, i int) []byte {
	d := n.d
	if i != 0 && d.Nodes[i].Kind != rawjson.Object {
		i = 0 // lenient: PHP's [], and what makes no sense, is no context
	}
	has := contextFacts{plain: n.context == 0}
	if i != 0 {
		has.look(d, i)
	}
	if n.context != 0 {
		has.look(d, n.context)
	}
	start := len(out)
	switch {
	case has.plain && i != 0:
		raw := d.Raw(i)
		out = append(out, raw[:len(raw)-1]...)
	default:
		m := merge{d: d, index: &n.index, fix: true}
		out = m.object(append(out, '{'), i, n.context)
	}
	empty := len(out) == start+1
	if !has.ip && (n.kind.ClientSide || has.direct) {
		if ip := n.visitorIP(); ip != "" {
			out = appendKey(out, "ip", &empty)
			out = append(out, '"')
			out = append(out, ip...)
			out = append(out, '"')
		}
	}
	if !has.agent && n.kind.ClientSide {
		if agent := n.visitorAgent(); agent != "" {
			out = appendKey(out, "userAgent", &empty)
			out = rawjson.AppendString(out, agent)
		}
	}
	return append(out, '}')
}

// contextFacts are what decides how a context is written.
type contextFacts struct {
	ip, agent, direct bool
	plain             bool // it may be copied as it is
}

func (c *contextFacts) look(d *rawjson.Doc, i int) {
	if d.Nodes[i].Count == 0 {
		c.plain = false // there may be a space in it: {␠} plus a field is simpler written anew
		return
	}
	for m, end := i+1, int(d.Nodes[i].Next); m < end; m = int(d.Nodes[m].Next) {
		node := &d.Nodes[m]
		switch string(d.Key(m)) {
		case "ip":
			c.ip = c.ip || node.Kind == rawjson.String
			c.plain = c.plain && node.Kind == rawjson.String
		case "userAgent":
			c.agent = c.agent || node.Kind == rawjson.String
			c.plain = c.plain && node.Kind == rawjson.String
		case "direct":
			c.direct = c.direct || node.Kind == rawjson.Bool && d.Bytes[node.Start] == 't'
		default:
			c.plain = c.plain && !fixable(d, m)
		}
	}
}

// fixable reports whether member m of a context is to be changed: an ip or
// userAgent that is no text and would stand beside what is filled in, or [] for
// an object.
func fixable(d *rawjson.Doc, m int) bool {
	node := &d.Nodes[m]
	key := string(d.Key(m))
	if key == "ip" || key == "userAgent" {
		return node.Kind != rawjson.String
	}
	return node.Kind == rawjson.Array && node.Count == 0 && isContextObject(key)
}

// isContextObject lists the members of a context that are objects.
func isContextObject(key string) bool {
	switch key {
	case "app", "campaign", "device", "library", "location", "network", "os", "page", "referrer",
		"screen", "traits", "userAgentData", "consent", "protocols", "amp":
		return true
	}
	return false
}

// appendIntegrations appends an event's integrations: the envelope's under its
// own, Go's all written All, and PHP's [] as {}.
func (n *normaliser) appendIntegrations(out []byte, i int) []byte {
	d := n.d
	if i != 0 && d.Nodes[i].Kind != rawjson.Object {
		i = 0
	}
	plain := n.integration == 0
	if i != 0 {
		for m, end := i+1, int(d.Nodes[i].Next); plain && m < end; m = int(d.Nodes[m].Next) {
			plain = d.Nodes[m].Kind != rawjson.Array && string(d.Key(m)) != "all"
		}
		if plain {
			return append(out, d.Raw(i)...)
		}
	} else if plain {
		return append(out, `{}`...)
	}
	m := merge{d: d, index: &n.index, flags: true}
	return append(m.object(append(out, '{'), i, n.integration), '}')
}

// merge writes an object over another one, member by member. The top one's
// members win, unless they are null; where both have objects, those are merged
// in turn.
type merge struct {
	d     *rawjson.Doc
	index *indexes
	fix   bool // it is a context
	flags bool // it is integrations
	depth int
}

// object appends the members, without brackets. Either node may be 0.
func (m *merge) object(out []byte, top, bottom int) []byte {
	d, empty := m.d, true
	if top != 0 {
		for c, end := top+1, int(d.Nodes[top].Next); c < end; c = int(d.Nodes[c].Next) {
			below := 0
			if bottom != 0 {
				below = m.find(bottom, d.Key(c))
			}
			if below != 0 && d.Nodes[c].Kind == rawjson.Null {
				continue // written from below
			}
			out = m.member(out, &empty, c, below, top)
		}
	}
	if bottom != 0 {
		for c, end := bottom+1, int(d.Nodes[bottom].Next); c < end; c = int(d.Nodes[c].Next) {
			if top != 0 {
				if above := m.find(top, d.Key(c)); above != 0 && d.Nodes[above].Kind != rawjson.Null {
					continue
				}
			}
			out = m.member(out, &empty, c, 0, bottom)
		}
	}
	return out
}

// member appends member c of object parent, over member below.
func (m *merge) member(out []byte, empty *bool, c, below, parent int) []byte {
	d := m.d
	node := &d.Nodes[c]
	if m.fix && m.depth == 0 && fixable(d, c) {
		if node.Kind != rawjson.Array || !isContextObject(string(d.Key(c))) {
			return out // ip or userAgent that say nothing
		}
	}
	if !*empty {
		out = append(out, ',')
	}
	*empty = false
	out = append(out, '"')
	if m.flags && m.depth == 0 && string(d.Key(c)) == "all" && d.Find(parent, "All") == 0 {
		out = append(out, `All`...)
	} else {
		out = append(out, d.Key(c)...)
	}
	out = append(out, '"', ':')
	switch {
	case node.Kind == rawjson.Object && below != 0 && d.Nodes[below].Kind == rawjson.Object && d.Noted(c) && d.Noted(below):
		m.depth++
		out = m.object(append(out, '{'), c, below)
		m.depth--
		return append(out, '}')
	case node.Kind == rawjson.Array && node.Count == 0 && m.depth == 0 && (m.flags || m.fix && isContextObject(string(d.Key(c)))):
		if below != 0 && d.Nodes[below].Kind == rawjson.Object {
			return append(out, d.Raw(below)...)
		}
		return append(out, '{', '}')
	}
	return append(out, d.Raw(c)...)
}

// find returns the member of object i with the key; all finds All and the other
// way round.
func (m *merge) find(i int, key []byte) int {
	c := m.index.find(m.d, i, key)
	if c == 0 && m.flags && m.depth == 0 {
		switch string(key) {
		case "all":
			c = m.d.Find(i, "All")
		case "All":
			c = m.d.Find(i, "all")
		}
	}
	return c
}

func appendKey(out []byte, key string, empty *bool) []byte {
	if !*empty {
		out = append(out, ',')
	}
	*empty = false
	out = append(out, '"')
	out = append(out, key...)
	return append(out, '"', ':')
}

// indexes finds members of large objects without looking at each, so that
// merging two of them takes no longer than reading them.
type indexes map[int]map[string]int

// largeObject is how many members make an index worth while.
const largeObject = 32

func (x *indexes) find(d *rawjson.Doc, i int, key []byte) int {
	if d.Nodes[i].Count <= largeObject {
		return d.Find(i, string(key))
	}
	at := (*x)[i]
	if at == nil {
		at = make(map[string]int, d.Nodes[i].Count)
		for c, end := i+1, int(d.Nodes[i].Next); c < end; c = int(d.Nodes[c].Next) {
			at[string(d.Key(c))] = c
		}
		if *x == nil {
			*x = make(indexes)
		}
		(*x)[i] = at
	}
	return at[string(key)]
}
