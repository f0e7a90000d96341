package collect

import (
	"net/http"

	secant "github.com/secantdev/secant"
	"github.com/secantdev/secant/internal/rawjson"
)

// manyEvents is Segment's limit of events in a batch. Secant takes more, and
// says so in a note on each.
const manyEvents = 2500

// ingest serves the endpoints that take events by POST: those for one event of
// type kind, and, when kind is TypeUnknown, those for batches.
type ingest struct {
	c    *Collector
	kind secant.EventType
}

func (h ingest) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, batch := h.c, h.kind == secant.TypeUnknown
	pool, limit, what := &singles, c.limits.Event, "the event"
	if batch {
		pool, limit, what = &batches, c.limits.Batch, "the batch"
	}
	q := pool.Get().(*request)
	body, refused := c.readBody(w, r, q, limit, what)
	if refused == nil {
		refused = c.collect(r, q, body, h.kind)
	} else {
		c.countRefused(r, q, refused)
	}
	q.release(pool)
	if refused != nil {
		refused.write(w)
		return
	}
	succeed(w)
}

// countRefused counts a request whose body was not read, for the source that
// its header or address names.
func (c *Collector) countRefused(r *http.Request, q *request, e *refusal) {
	if e.reason == secant.ReasonNone {
		return
	}
	key := c.outerKey(r, q)
	if s := c.workspace.Workspace().SourceByWriteKey(string(key)); s != nil {
		c.observer.Refused(s.ID, shorten(key), e.reason, 1)
		return
	}
	c.observer.Refused("", shorten(key), e.reason, 1)
}

// outerKey returns the write key given beside the body.
func (c *Collector) outerKey(r *http.Request, q *request) []byte {
	if r.URL.RawQuery != "" {
		if key := queryKey(r.URL.RawQuery); key != "" {
			return []byte(key)
		}
	}
	if auth := r.Header["Authorization"]; len(auth) > 0 {
		return basicKey(auth[0], q.keyBuf[:])
	}
	return nil
}

// collect takes the events in body, of type kind, or a batch when kind is
// TypeUnknown, and returns nil when they are durable.
func (c *Collector) collect(r *http.Request, q *request, body []byte, kind secant.EventType) *refusal {
	d := &q.doc
	err := d.Parse(body)
	if err == nil && d.Flags != 0 {
		if q.cleaned, err = rawjson.Clean(q.cleaned[:0], body); err == nil {
			err = d.Parse(q.cleaned)
		}
	}
	var refused *refusal
	batch := 0
	switch {
	case err != nil:
		refused = invalidJSON(err)
	case d.Nodes[0].Kind != rawjson.Object:
		refused = errNotObject
	case kind == secant.TypeUnknown:
		if batch = d.Find(0, "batch"); batch == 0 || d.Nodes[batch].Kind != rawjson.Array {
			refused = errNoBatch
		}
	}
	if refused != nil {
		c.countRefused(r, q, refused)
		return refused
	}
	s := sender{c: c, r: r, q: q, workspace: c.workspace.Workspace()}
	s.key = textOf(d, d.Find(0, "writeKey"))
	if len(s.key) == 0 {
		s.key = c.outerKey(r, q)
	}
	q.spans, q.out = q.spans[:0], q.out[:0]
	q.norm.start(c, r, q)
	if kind != secant.TypeUnknown {
		refused = s.add(0, kind)
	} else {
		refused = s.addBatch(batch)
	}
	if refused != nil {
		return refused
	}
	return s.finish()
}

// sender sorts the events of one request by their write keys.
type sender struct {
	c         *Collector
	r         *http.Request
	q         *request
	workspace *secant.Workspace
	key       []byte // for events without one of their own; may be empty

	last      []byte // the key last looked up, and its source
	source    *secant.Source
	looked    bool
	keyless   int // events without a key
	keyed     int // events with a key
	known     int // events with the key of a source
	strangers int // events of the last unknown key, not counted yet
}

func (s *sender) addBatch(batch int) *refusal {
	d := &s.q.doc
	n := &d.Nodes[batch]
	if n.Count == 0 {
		return s.addEmpty()
	}
	if s.q.norm.envelope(int(n.Count)) > maxExpansion {
		s.c.countRefused(s.r, s.q, errExpands)
		return errExpands
	}
	if n.Count > manyEvents {
		s.q.norm.note = secant.NoteLargeBatch
	}
	for i := batch + 1; i < int(n.Next); i = int(d.Nodes[i].Next) {
		if refused := s.add(i, secant.TypeUnknown); refused != nil {
			return refused
		}
	}
	return nil
}

// addEmpty answers for a batch without events: as good as any other, but worth
// a look.
func (s *sender) addEmpty() *refusal {
	if len(s.key) < minKey {
		s.keyless++
		return nil
	}
	s.keyed++
	if source := s.lookup(s.key); source != nil {
		s.known++
		s.c.observer.Refused(source.ID, shorten(s.key), secant.ReasonEmptyBatch, 1)
	} else {
		s.strangers++
	}
	return nil
}

// add takes the event at node i.
func (s *sender) add(i int, kind secant.EventType) *refusal {
	q := s.q
	key := s.key
	if i != 0 && q.doc.Nodes[i].Kind == rawjson.Object {
		if own := textOf(&q.doc, q.doc.Find(i, "writeKey")); len(own) > 0 {
			key = own
		}
	}
	first := !s.looked || string(s.last) != string(key)
	source := s.lookup(key)
	switch {
	case source != nil:
		s.keyed++
		s.known++
	case len(key) < minKey:
		s.keyless++
		return nil
	default:
		s.keyed++
		s.strangers++
		return nil
	}
	if first && source.RateLimit > 0 {
		if wait := s.c.rates.take(string(key), source.RateLimit, s.c.now()); wait > 0 {
			s.c.observer.Refused(source.ID, shorten(key), secant.ReasonTooManyRequests, s.events())
			return tooManyRequests(wait)
		}
	}
	q.norm.add(i, kind, source)
	if len(q.out) > flushBytes || len(q.spans) >= flushEvents {
		return s.flush()
	}
	return nil
}

// minKey is the length below which an unknown write key counts as missing, as
// Segment has it: it answers 400 to those.
const minKey = 3

// lookup returns the source of the key, nil when there is none.
func (s *sender) lookup(key []byte) *secant.Source {
	if s.looked && string(s.last) == string(key) {
		return s.source
	}
	s.countStrangers()
	s.last, s.looked = key, true
	s.source = s.workspace.SourceByWriteKey(string(key))
	return s.source
}

func (s *sender) countStrangers() {
	if s.strangers > 0 {
		s.c.observer.Refused("", shorten(s.last), secant.ReasonUnknownSource, s.strangers)
		s.strangers = 0
	}
}

// events returns how many events the request holds.
func (s *sender) events() int {
	if b := s.q.doc.Find(0, "batch"); b != 0 {
		return int(max(1, s.q.doc.Nodes[b].Count))
	}
	return 1
}

// finish makes what was taken durable, and answers for what was not.
func (s *sender) finish() *refusal {
	s.countStrangers()
	if s.keyless > 0 {
		s.c.observer.Refused("", "", secant.ReasonUnknownSource, s.keyless)
	}
	switch {
	case s.keyed == 0:
		return errMissingKey
	case s.known == 0 && s.c.strict:
		return errUnknownKey
	}
	return s.flush()
}

func (s *sender) flush() *refusal {
	err := s.c.flush(s.r, s.q, s.q.norm.received)
	if err == nil {
		return nil
	}
	if !gone(s.r.Context(), err) && s.c.maySay() {
		s.c.logger.Error("collected events could not be stored", "error", err)
	}
	return errUnavailable
}

// textOf returns the contents of string i, nil when it is none.
func textOf(d *rawjson.Doc, i int) []byte {
	if i == 0 || d.Nodes[i].Kind != rawjson.String {
		return nil
	}
	return d.Text(i)
}

// shorten returns key as an Observer gets it.
func shorten(key []byte) string {
	return string(key[:min(len(key), 128)])
}
