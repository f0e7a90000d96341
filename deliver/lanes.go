package deliver

import (
	"time"

	"github.com/secantdev/secant"
)

// job is the duty to deliver one event.
type job struct {
	id         string // messageId
	source     string
	typ        secant.EventType
	name       string // as it is counted
	lane       uint32
	pos        secant.Position
	receivedAt int64 // milliseconds
	json       []byte

	parked   string    // id of its parked row; empty when it comes from the log
	attempts int       // made so far
	firstAt  time.Time // of the first attempt
	last     verdict   // of the last attempt, when it failed

	track *track // of its partition; nil when parked
	done  bool   // settled; guarded by the runner's lock
}

// key is the id under which the job is parked.
func (j *job) key() string {
	if j.parked != "" {
		return j.parked
	}
	return parkedID(j.pos)
}

// lane holds the jobs of one visitor in order. At most one of them is being
// sent, unless the destination takes batches: then those of one call are.
type lane struct {
	key  uint32
	jobs []*job
}

// lanes keeps order within a visitor and spreads the rest: a lane is ready when
// it has jobs and none of them is being sent, and lanes take turns. Guarded by
// the runner's lock.
type lanes struct {
	all   map[uint32]*lane
	ready queue[*lane]
}

// add puts j at the end of its lane and reports whether that made one ready.
func (l *lanes) add(j *job) bool {
	ln := l.all[j.lane]
	fresh := ln == nil
	if fresh {
		if l.all == nil {
			l.all = make(map[uint32]*lane)
		}
		ln = &lane{key: j.lane}
		l.all[j.lane] = ln
		l.ready.push(ln)
	}
	ln.jobs = append(ln.jobs, j)
	return fresh
}

// take appends up to n jobs to batch, and the lanes they belong to, which are
// not ready until they are given back.
func (l *lanes) take(n int, batch []*job, taken []*lane) ([]*job, []*lane) {
	for n > 0 && l.ready.len() > 0 {
		ln := l.ready.pop()
		k := min(n, len(ln.jobs))
		batch = append(batch, ln.jobs[:k]...)
		clear(ln.jobs[:k])
		ln.jobs = ln.jobs[k:]
		taken = append(taken, ln)
		n -= k
	}
	return batch, taken
}

// takeHoles is take for one job that is a hole in its partition.
func (l *lanes) takeHoles(batch []*job, taken []*lane) ([]*job, []*lane) {
	for range l.ready.len() {
		ln := l.ready.head()
		if j := ln.jobs[0]; j.track != nil && j.track.behind(j) {
			return l.take(1, batch, taken)
		}
		l.ready.push(l.ready.pop())
	}
	return batch, taken
}

// hold puts a taken job back to the head of its lane. Several of one lane are
// held in reverse order.
func (l *lanes) hold(j *job) {
	ln := l.all[j.lane]
	ln.jobs = append([]*job{j}, ln.jobs...)
}

// give makes lanes ready again, behind all others, and forgets empty ones.
func (l *lanes) give(taken []*lane) {
	for _, ln := range taken {
		if len(ln.jobs) == 0 {
			delete(l.all, ln.key)
		} else {
			l.ready.push(ln)
		}
	}
}

// track follows how far one partition is settled. Guarded by the runner's lock.
type track struct {
	partition int
	pending   queue[*job] // read and not known to be settled, in the order of the log
	read      Cursor      // where reading stands
	high      Cursor      // the last event that is settled
	saved     Cursor      // what the store has
}

// settle marks j, which came from this partition, and moves on beyond what is
// settled at the head.
func (t *track) settle(j *job) {
	j.done = true
	if c := (Cursor{Seq: j.pos.Seq, Index: j.pos.Index}); t.high.before(c) {
		t.high = c
	}
	for t.pending.len() > 0 && t.pending.head().done {
		t.pending.pop()
	}
}

// behind reports whether a later event than j is settled: j is a hole, which
// would make a restart repeat what is behind it.
func (t *track) behind(j *job) bool {
	return Cursor{Seq: j.pos.Seq, Index: j.pos.Index}.before(t.high)
}

// cursor is the place before which everything is settled.
func (t *track) cursor() Cursor {
	if t.pending.len() > 0 {
		p := t.pending.head().pos
		return Cursor{Seq: p.Seq, Index: p.Index}
	}
	return t.read
}

// queue is a first-in first-out ring that grows.
type queue[T any] struct {
	items []T
	first int
	n     int
}

func (q *queue[T]) len() int { return q.n }

func (q *queue[T]) head() T { return q.items[q.first] }

func (q *queue[T]) push(v T) {
	if q.n == len(q.items) {
		grown := make([]T, max(2*q.n, 16))
		for i := range q.n {
			grown[i] = q.items[(q.first+i)%len(q.items)]
		}
		q.items, q.first = grown, 0
	}
	q.items[(q.first+q.n)%len(q.items)] = v
	q.n++
}

func (q *queue[T]) pop() T {
	var zero T
	v := q.items[q.first]
	q.items[q.first] = zero
	q.first = (q.first + 1) % len(q.items)
	q.n--
	return v
}

// each calls f for every item, the oldest first.
func (q *queue[T]) each(f func(T)) {
	for i := range q.n {
		f(q.items[(q.first+i)%len(q.items)])
	}
}
