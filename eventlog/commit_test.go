package eventlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/secantdev/secant"
)

func TestGroupCommit(t *testing.T) {
	t.Parallel()
	l := mustOpen(t, Options{Dir: t.TempDir(), FileSize: 100 << 10})
	const writers, each = 32, 40
	var readers, writing sync.WaitGroup
	for p := range l.Partitions() { // readers follow meanwhile, and share what they decode
		for range 2 {
			readers.Go(func() {
				r := l.Read(p, 1)
				defer r.Close()
				seen := map[string]int{}
				for records := 0; records < writers*each/l.Partitions(); {
					c, err := r.Next(context.Background())
					if err != nil {
						t.Error(err)
						return
					}
					for _, rec := range c.Records() {
						var w, i int
						if _, err := fmt.Sscanf(string(rec.MessageID), "%d-%d", &w, &i); err != nil {
							t.Error(err)
						}
						if seen[fmt.Sprint(w)] != i/l.Partitions() {
							t.Errorf("partition %d: writer %d's record %d is out of order", p, w, i)
						}
						seen[fmt.Sprint(w)]++
						records++
					}
				}
			})
		}
	}
	for w := range writers {
		writing.Go(func() {
			for i := range each {
				r := record(uint32(i), fmt.Sprintf("%d-%d", w, i))
				if err := l.Append(context.Background(), []secant.Record{r}); err != nil {
					t.Error(err)
				}
				clear(r.JSON) // it was copied
			}
		})
	}
	writing.Wait()
	readers.Wait()
	s := l.Stats()
	if s.Events != writers*each || s.Pending != 0 {
		t.Errorf("stats: %+v", s)
	}
	if s.Commits > writers*each/2 { // far fewer on a quiet machine
		t.Errorf("%d commits for %d appends by %d writers: they do not share", s.Commits, writers*each, writers)
	}
}

func TestAppendSplitsLargeBatches(t *testing.T) {
	t.Parallel()
	l := mustOpen(t, Options{Dir: t.TempDir()})
	var recs []secant.Record
	for i := range 300 {
		r := record(0, fmt.Sprint(i))
		r.Source = strings.Repeat("s", 10_000)
		recs = append(recs, r)
	}
	if err := l.Append(context.Background(), recs); err != nil {
		t.Fatal(err)
	}
	if s := l.Stats(); s.Commits != 1 || s.Chunks < 5 {
		t.Errorf("%d commits, %d chunks; want one commit of several chunks", s.Commits, s.Chunks)
	}
	for i, id := range ids(t, l)[0] {
		if id != fmt.Sprint(i) {
			t.Fatalf("record %d is %s", i, id)
		}
	}
}

func TestRecordLimits(t *testing.T) {
	t.Parallel()
	l := mustOpen(t, Options{Dir: t.TempDir()})
	random := rand.New(rand.NewPCG(5, 6))
	large := func(size int) []secant.Record {
		b := make([]byte, size)
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		return []secant.Record{{Source: "s", JSON: b}}
	}
	if err := l.Append(context.Background(), large(maxRecord-65)); err != nil {
		t.Errorf("the largest record: %v", err)
	}
	if err := l.Append(context.Background(), large(maxRecord)); !errors.Is(err, secant.ErrInvalid) {
		t.Errorf("a record too large: %v", err)
	}
	if err := l.AppendChunks(context.Background(), []NewChunk{{Records: large(MaxPayload)}}); !errors.Is(err, secant.ErrInvalid) {
		t.Errorf("a chunk too large: %v", err)
	}
	if err := l.AppendChunks(context.Background(), []NewChunk{{Partition: 4}}); !errors.Is(err, secant.ErrInvalid) {
		t.Errorf("no such partition: %v", err)
	}
}

func TestMalformedRecordHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	l := mustOpen(t, Options{Dir: t.TempDir()})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("a MessageID outside of the JSON did not panic")
			}
		}()
		_ = l.Append(context.Background(), []secant.Record{{JSON: []byte("{}"), MessageID: []byte("x")}})
	}()
	if err := l.Append(context.Background(), []secant.Record{record(0, "a")}); err != nil {
		t.Fatal(err)
	}
}

func TestAppendChunks(t *testing.T) {
	t.Parallel()
	raw := mustOpen(t, Options{Dir: t.TempDir()})
	clean := mustOpen(t, Options{Dir: t.TempDir()})
	ctx := context.Background()
	for i := range 10 {
		if err := raw.Append(ctx, []secant.Record{record(2, fmt.Sprint("a", i)), record(2, fmt.Sprint("b", i))}); err != nil {
			t.Fatal(err)
		}
	}
	r := raw.Read(2, 1)
	defer r.Close()
	var chunks []NewChunk
	for {
		c, ok, err := r.TryNext()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		n := NewChunk{Partition: c.Partition, Origin: c.Seq}
		switch c.Seq % 3 {
		case 0:
			n.Copy = c
		case 1:
			for _, rec := range c.Records() {
				n.Records = append(n.Records, *rec)
			}
		}
		chunks = append(chunks, n)
	}
	if err := clean.AppendChunks(ctx, chunks); err != nil {
		t.Fatal(err)
	}
	if got := clean.LastOrigin(2); got != 10 {
		t.Errorf("last origin %d, want 10", got)
	}
	if s := clean.Stats(); s.Commits != 1 || s.Chunks != 10 {
		t.Errorf("stats %+v", s)
	}
	rc := clean.Read(2, 1)
	defer rc.Close()
	for i := range uint64(10) {
		c, err := rc.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		want := 2
		if c.Origin%3 == 2 {
			want = 0
		}
		if c.Seq != i+1 || c.Origin != i+1 || c.Count != want {
			t.Errorf("chunk %d: origin %d, %d records", c.Seq, c.Origin, c.Count)
		}
		if c.Origin%3 == 0 && !bytes.Equal(c.payload, chunks[i].Copy.payload) {
			t.Error("a copied payload differs")
		}
	}
}

func TestAppendWaitsForRoom(t *testing.T) {
	t.Parallel()
	s := &faulty{}
	gate := make(chan struct{})
	slow := &slowStorage{faulty: s, gate: gate}
	o := Options{Dir: t.TempDir(), Pending: 2000, Logger: quiet()}
	e, err := openFiles(o, slow)
	if err != nil {
		t.Fatal(err)
	}
	l, err := New(e, o)
	if err != nil {
		t.Fatal(err)
	}
	big := record(0, "big")
	big.Source = strings.Repeat("x", 1500)
	errs := make(chan error, 2)
	for range 1 {
		go func() { errs <- l.Append(context.Background(), []secant.Record{big}) }()
	}
	for l.Stats().Pending == 0 {
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if err := l.Append(ctx, []secant.Record{big}); !errors.Is(err, secant.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("append without room: %v", err)
	}
	// Once it is part of a commit, the outcome counts and not the context.
	done, cancelled := context.WithCancel(context.Background())
	go func() { errs <- l.Append(done, []secant.Record{record(0, "small")}) }()
	for l.Stats().Pending < 1700 {
		time.Sleep(time.Millisecond)
	}
	cancelled()
	close(gate)
	for range 2 {
		if err := <-errs; err != nil {
			t.Errorf("append: %v", err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := l.Append(context.Background(), []secant.Record{big}); !errors.Is(err, ErrClosed) || !errors.Is(err, secant.ErrUnavailable) {
		t.Errorf("append to a closed log: %v", err)
	}
}

// slowStorage holds every sync until its gate opens.
type slowStorage struct {
	*faulty
	gate chan struct{}
}

func (s *slowStorage) create(path string) (file, error) {
	f, err := s.faulty.create(path)
	return &slowFile{file: f, gate: s.gate}, err
}

type slowFile struct {
	file
	gate chan struct{}
}

func (f *slowFile) Sync() error {
	<-f.gate
	return f.file.Sync()
}

func TestCloseEndsReaders(t *testing.T) {
	t.Parallel()
	l, err := Open(Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	r := l.Read(0, 1)
	defer r.Close()
	got := make(chan error)
	go func() {
		_, err := r.Next(context.Background())
		got <- err
	}()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-got; !errors.Is(err, ErrClosed) {
		t.Errorf("Next on a closed log: %v", err)
	}
}

func TestNextHeedsItsContext(t *testing.T) {
	t.Parallel()
	l := mustOpen(t, Options{Dir: t.TempDir()})
	r := l.Read(0, 1)
	defer r.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := r.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Next: %v", err)
	}
}

func TestRetention(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1700000000000)
	var mu sync.Mutex
	keep := uint64(5)
	o := Options{
		Dir: t.TempDir(), Partitions: 1, FileSize: 1, Logger: quiet(),
		Now:  func() time.Time { mu.Lock(); defer mu.Unlock(); return now },
		Keep: func(int) uint64 { mu.Lock(); defer mu.Unlock(); return keep },
	}
	set := func(f func()) { mu.Lock(); f(); mu.Unlock() }
	o.MaxAge = time.Hour
	l := mustOpen(t, o)
	e := l.engine.(*Files)
	for i := range 10 { // one file each
		if err := l.Append(context.Background(), []secant.Record{record(0, fmt.Sprint(i))}); err != nil {
			t.Fatal(err)
		}
	}
	first := func() uint64 { e.tidy(); f, _ := l.Bounds(0); return f }
	if f := first(); f != 1 {
		t.Errorf("young chunks were removed: first is %d", f)
	}
	set(func() { now = now.Add(2 * time.Hour) })
	if f := first(); f != 5 {
		t.Errorf("age: first is %d, want 5, the lowest still needed", f)
	}
	set(func() { keep = math.MaxUint64 })
	if f := first(); f != 10 {
		t.Errorf("age: first is %d, want 10, the newest file", f)
	}
	if f, next := l.Bounds(0); f != 10 || next != 11 {
		t.Errorf("bounds %d, %d", f, next)
	}

	// The size is a hard limit, and says what it cost.
	set(func() { now = time.UnixMilli(1700000000000); keep = 0 })
	for i := range 10 {
		if err := l.Append(context.Background(), []secant.Record{record(0, fmt.Sprint(i))}); err != nil {
			t.Fatal(err)
		}
	}
	late := l.Read(0, 11)
	defer late.Close()
	e.write.Lock()
	e.opts.MaxBytes = l.Stats().Bytes / 2
	e.write.Unlock()
	f := first()
	s := l.Stats()
	if f < 14 || f > 18 || s.Unread != f-10 || s.Bytes > e.opts.MaxBytes {
		t.Errorf("size: first is %d, stats %+v", f, s)
	}
	c, ok, err := late.TryNext()
	if err != nil || !ok || c.Seq != f || c.Missed != f-11 || c.Skipped != 0 {
		t.Errorf("a reader behind retention: %+v, %v, %v", c, ok, err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = mustOpen(t, Options{Dir: o.Dir, Partitions: 1, Logger: quiet()})
	if got, next := l.Bounds(0); got != f || next != 21 {
		t.Errorf("after reopening: %d, %d", got, next)
	}
}

func TestReaderBeyondTheEnd(t *testing.T) {
	t.Parallel()
	l := mustOpen(t, Options{Dir: t.TempDir(), Logger: quiet()})
	if err := l.Append(context.Background(), []secant.Record{record(0, "a")}); err != nil {
		t.Fatal(err)
	}
	r := l.Read(0, 10) // chunks 2 to 9 are lost with the disk they were on
	defer r.Close()
	if err := l.Append(context.Background(), []secant.Record{record(0, "b")}); err != nil {
		t.Fatal(err)
	}
	c, ok, err := r.TryNext()
	if err != nil || !ok || c.Seq != 10 {
		t.Errorf("a new chunk must be where the reader looks: %+v, %v, %v", c, ok, err)
	}
}
