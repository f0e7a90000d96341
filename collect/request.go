package collect

import (
	"net/http"
	"sync"

	secant "github.com/secantdev/secant"
	"github.com/secantdev/secant/internal/rawjson"
)

// request is the memory that one request needs, kept for the next one.
type request struct {
	body, unzipped, cleaned []byte
	doc                     rawjson.Doc
	out                     []byte          // the records' JSON, end to end
	spans                   []span          // where each record lies in out
	recs                    []secant.Record // as they are handed over
	scratch                 []byte
	others                  []int
	keyBuf                  [96]byte
	norm                    normaliser
}

// span is a record whose JSON may still move when out grows.
type span struct {
	source           *secant.Source
	kind             secant.EventType
	reason           secant.Reason
	note             secant.Note
	lane             uint32
	start, end       int // of the JSON in out
	idStart, idEnd   int // of the contents of messageId
	nameStart, nmEnd int // of the contents of event or name
}

// Requests with one event and with many have memory of their own, so that the
// former do not come to hold what the latter need.
var (
	singles = sync.Pool{New: func() any { return new(request) }}
	batches = sync.Pool{New: func() any { return new(request) }}
)

// flushBytes and flushEvents are how much is gathered before it goes to the
// log. Only strange batches reach them: those of thousands of items of a few
// bytes each, which grow when they get times and ids. The others go to the log
// as a whole.
const (
	flushBytes  = 1 << 20
	flushEvents = 4096
)

// keepNodes is how many nodes of a parsed document are kept for the next
// request; SDKs stay far below.
const keepNodes = 64 << 10

// release puts q back, without what belongs to the request.
func (q *request) release(pool *sync.Pool) {
	q.norm = normaliser{}
	q.doc.Bytes = nil
	if cap(q.doc.Nodes) > keepNodes {
		q.doc = rawjson.Doc{}
	}
	pool.Put(q)
}

// maxExpansion is how many bytes a batch's common context and integrations may
// add to all of its events together.
const maxExpansion = 16 << 20

// flush brings the records gathered so far into the log.
func (c *Collector) flush(r *http.Request, q *request, received int64) error {
	if len(q.spans) == 0 {
		return nil
	}
	recs := q.recs[:0]
	for i := range q.spans {
		s := &q.spans[i]
		rec := secant.Record{
			Source: s.source.ID, Type: s.kind, Reason: s.reason, Note: s.note, ReceivedAt: received, Lane: s.lane,
			JSON: q.out[s.start:s.end],
		}
		if s.idEnd > s.idStart {
			rec.MessageID = q.out[s.idStart:s.idEnd]
		}
		if s.nmEnd > s.nameStart {
			rec.Name = q.out[s.nameStart:s.nmEnd]
		}
		recs = append(recs, rec)
	}
	err := c.log.Append(r.Context(), recs)
	clear(recs) // the pool must not keep sources alive
	clear(q.spans)
	q.recs, q.spans, q.out = recs[:0], q.spans[:0], q.out[:0]
	return err
}
