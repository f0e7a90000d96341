package eventlog

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/secantdev/secant"
)

// largeLog returns a closed engine's directory with n chunks of random bytes in
// each of two partitions, several megabytes in one file.
func largeLog(t testing.TB, n int) string {
	t.Helper()
	dir := t.TempDir()
	e, err := OpenFiles(Options{Dir: dir, Partitions: 2, Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(9, 10))
	for range n {
		entries := make([]Entry, 2)
		for p := range entries {
			b := make([]byte, 1000+random.IntN(100_000))
			for i := range b {
				b[i] = byte(random.Uint32())
			}
			entries[p] = Entry{Partition: p, Count: 1, Payload: b}
		}
		if err := e.Append(entries); err != nil {
			t.Fatal(err)
		}
	}
	checkJumps(t, e, n) // while the file is being written
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// checkJumps reads from every number, which must not mean reading the file from
// its start.
func checkJumps(t testing.TB, e *Files, n int) {
	t.Helper()
	for from := 1; from <= n; from++ {
		c := e.Read(1, uint64(from)).(*cursor)
		if ok, err := c.locate(); !ok || err != nil {
			t.Fatal(ok, err)
		}
		start := c.r.pos
		var got Entry
		if ok, err := c.Next(&got); !ok || err != nil || got.Seq != uint64(from) || got.Skipped != 0 {
			t.Fatalf("from %d: %v, %v, chunk %d", from, ok, err, got.Seq)
		}
		if way := c.r.pos - start; way > 2*markEvery {
			t.Errorf("from %d: read %d bytes to get there", from, way)
		}
		c.Close()
	}
}

func TestReadFromAnywhere(t *testing.T) {
	t.Parallel()
	const n = 60
	dir := largeLog(t, n)
	for _, what := range []string{"with footer", "footer rebuilt"} {
		e, err := OpenFiles(Options{Dir: dir, Partitions: 2, Logger: quiet()})
		if err != nil {
			t.Fatal(err)
		}
		if f := e.files[0]; !f.footer || len(f.marks) > 0 {
			t.Errorf("%s: the index of a sealed file is kept in memory", what)
		}
		checkJumps(t, e, n)
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(filePath(dir, 1), e.files[0].end.Load()); err != nil {
			t.Fatal(err)
		}
	}
}

// Whatever a disk does to a region, only chunks that lie in it are lost, and
// each of them is counted.
func TestDamagedRegion(t *testing.T) {
	t.Parallel()
	const n = 40
	dir := largeLog(t, n)
	data, err := os.ReadFile(filePath(dir, 1))
	if err != nil {
		t.Fatal(err)
	}
	var all []header
	r := chunkReader{src: mustOpenFile(t, filePath(dir, 1)), file: 1, partitions: 2, pos: dataStart(2), end: int64(len(data))}
	for {
		h, _, err := r.next()
		if err != nil {
			break
		}
		all = append(all, h)
		r.skip(&h)
	}
	if len(all) != 2*n {
		t.Fatalf("%d chunks", len(all))
	}
	random := rand.New(rand.NewPCG(11, 12))
	for round := range 40 {
		size := 1 << random.IntN(19)
		at := int(dataStart(2)) + random.IntN(len(data)-int(dataStart(2))-size)
		broken := append([]byte(nil), data...)
		for i := range size {
			broken[at+i] = byte(random.Uint32()) * byte(round%2) // zeros, or noise
		}
		copied := memoryDir(t)
		if err := os.WriteFile(filePath(copied, 1), broken, 0o600); err != nil {
			t.Fatal(err)
		}
		e, err := OpenFiles(Options{Dir: copied, Partitions: 2, Logger: quiet()})
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Append([]Entry{{Partition: 0}, {Partition: 1}}); err != nil {
			t.Fatal(err)
		}
		for p := range 2 {
			want := map[uint64]bool{}
			for _, h := range all {
				if h.partition == p && (h.end() <= int64(at) || h.off >= int64(at+size)) {
					want[h.seq] = true
				}
			}
			c := e.Read(p, 1)
			var got Entry
			seq := uint64(0)
			for {
				ok, err := c.Next(&got)
				if err != nil {
					t.Fatal(err)
				}
				if !ok {
					break
				}
				if got.Seq != seq+got.Skipped+1 {
					t.Fatalf("chunk %d after %d with %d skipped", got.Seq, seq, got.Skipped)
				}
				seq = got.Seq
				delete(want, seq)
			}
			for lost := range want {
				t.Errorf("%d bytes at %d: chunk %d of partition %d is untouched and lost", size, at, lost, p)
			}
			// At the torn end numbers may be given again, never skipped.
			if seq > n+1 {
				t.Errorf("the last chunk is %d", seq)
			}
			c.Close()
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func mustOpenFile(t testing.TB, path string) *os.File {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestMissingFileIsReported(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := Options{Dir: dir, Partitions: 1, FileSize: 1, Logger: quiet()}
	l := mustOpen(t, o)
	for i := range 5 {
		if err := l.Append(context.Background(), []secant.Record{record(0, fmt.Sprint(i))}); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filePath(dir, 3)); err != nil {
		t.Fatal(err)
	}
	l = mustOpen(t, o)
	if d := l.Stats().Damaged; d != 1 {
		t.Errorf("%d damaged places reported, want the missing file", d)
	}
	r := l.Read(0, 1)
	defer r.Close()
	var seqs, skipped []uint64
	for {
		c, ok, err := r.TryNext()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		seqs, skipped = append(seqs, c.Seq), append(skipped, c.Skipped)
	}
	if fmt.Sprint(seqs, skipped) != "[1 2 4 5] [0 0 1 0]" {
		t.Errorf("read %v, skipped %v", seqs, skipped)
	}
}

// Readers that follow a log whose disk fails now and then see every acknowledged
// record once and nothing else.
func TestReadersOnAFailingDisk(t *testing.T) {
	t.Parallel()
	dir, s := t.TempDir(), &faulty{}
	l := openFaulty(t, dir, s)
	eio := error(syscall.EIO)
	var acked, seen sync.Map
	var nAcked, nSeen atomic.Int64
	ctx, cancel := context.WithCancel(context.Background())
	var readers, writers sync.WaitGroup
	for p := range l.Partitions() {
		readers.Go(func() {
			r := l.Read(p, 1)
			defer r.Close()
			for {
				c, err := r.Next(ctx)
				if errors.Is(err, context.Canceled) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				for _, rec := range c.Records() {
					if _, twice := seen.LoadOrStore(string(rec.MessageID), true); twice {
						t.Errorf("%s was read twice", rec.MessageID)
					}
					nSeen.Add(1)
				}
			}
		})
	}
	for w := range 8 {
		writers.Go(func() {
			for i := range 60 {
				id := fmt.Sprint(w, "-", i)
				if l.Append(context.Background(), []secant.Record{record(uint32(i), id)}) == nil {
					acked.Store(id, true)
					nAcked.Add(1)
				} else {
					time.Sleep(5 * time.Millisecond)
				}
			}
		})
	}
	stop := make(chan struct{})
	breaker := sync.WaitGroup{}
	breaker.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(15 * time.Millisecond):
			}
			if fail := &s.failSync; i%4 == 0 {
				fail.Store(&eio)
			} else {
				fail.Store(nil)
			}
		}
	})
	writers.Wait()
	close(stop)
	breaker.Wait()
	s.failSync.Store(nil)
	waitHealthy(t, l)
	for deadline := time.Now().Add(10 * time.Second); nSeen.Load() < nAcked.Load() && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	cancel()
	readers.Wait()
	acked.Range(func(id, _ any) bool {
		if _, ok := seen.Load(id); !ok {
			t.Errorf("acknowledged record %s was not read", id)
		}
		return true
	})
	if nSeen.Load() != nAcked.Load() {
		t.Errorf("%d records read, %d acknowledged", nSeen.Load(), nAcked.Load())
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestNewerFormatIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	h := fileHeader{version: formatVersion + 1, num: 1, start: []uint64{1, 1, 1, 1}, origin: make([]uint64, 4)}
	if err := os.WriteFile(filepath.Join(dir, filepath.Base(filePath("", 1))), h.encode(), 0o600); err != nil {
		t.Fatal(err)
	}
	if l, err := Open(Options{Dir: dir, Logger: quiet()}); err == nil {
		l.Close()
		t.Error("a newer format was opened")
	}
}

// Opening must not take time by what the files hold.
func TestOpenReadsFootersOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := Options{Dir: dir, FileSize: 1, Logger: quiet()}
	l := mustOpen(t, o)
	for i := range 50 {
		if err := l.Append(context.Background(), []secant.Record{record(0, fmt.Sprint(i))}); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	// If a payload were read, its damage would be seen.
	for i := range 50 {
		f, err := os.OpenFile(filePath(dir, uint64(i+1)), os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteAt([]byte{0, 0, 0}, dataStart(4)+headerSize+10); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	l = mustOpen(t, o)
	if _, next := l.Bounds(0); next != 51 || l.Stats().Damaged != 0 {
		t.Errorf("next %d, %d damaged", next, l.Stats().Damaged)
	}
	if all := ids(t, l)[0]; len(all) != 0 || l.Stats().Damaged != 50 {
		t.Errorf("%d records read, %d damaged", len(all), l.Stats().Damaged)
	}
}

// The number of a chunk that was acknowledged and is damaged at the very end is
// never given to another: its readers would not look at it.
func TestDamagedEndKeepsItsNumber(t *testing.T) {
	t.Parallel()
	c := makeCutLog(t, 2) // of the last commit, partition 0 comes first
	var h header
	if !h.parse(c.data[c.sizes[0]:], magicHead, 1, 4) || h.partition != 0 || h.seq != 2 {
		t.Fatalf("unexpected %+v", h)
	}
	clear(c.data[h.off+headerSize+10 : h.end()]) // the payload and the trailer
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, c.name), c.data, 0o600); err != nil {
		t.Fatal(err)
	}
	l := mustOpen(t, Options{Dir: dir, Logger: quiet()})
	if _, next := l.Bounds(0); next != 3 || l.Stats().Damaged != 1 {
		t.Errorf("next is %d, want 3; %d places reported damaged", next, l.Stats().Damaged)
	}
}

// Numbers and origins of a partition that has no chunks left are in the file
// header alone, which is there twice.
func TestDamagedFileHeader(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := mustOpen(t, Options{Dir: dir, FileSize: 1, Logger: quiet()})
	ctx := context.Background()
	for i := range uint64(4) {
		p := 1
		if i > 1 {
			p = 0
		}
		if err := l.AppendChunks(ctx, []NewChunk{{Partition: p, Origin: 100 + i, Records: []secant.Record{record(0, "x")}}}); err != nil {
			t.Fatal(err)
		}
	}
	for p := range l.Partitions() {
		if err := l.Trim(p, 100); err != nil {
			t.Fatal(err)
		}
	}
	killed := copyDir(t, dir)
	for at := range fileHeaderSize(4) {
		copied := copyDir(t, killed)
		f, err := os.OpenFile(filePath(copied, 4), os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 1)
		if _, err := f.ReadAt(b, at); err != nil {
			t.Fatal(err)
		}
		b[0] ^= 1 << (at % 8)
		if _, err := f.WriteAt(b, at); err != nil {
			t.Fatal(err)
		}
		f.Close()
		l := mustOpen(t, Options{Dir: copied, Logger: quiet()})
		if _, next := l.Bounds(1); next != 3 || l.LastOrigin(1) != 101 {
			t.Errorf("byte %d: next %d, last origin %d", at, next, l.LastOrigin(1))
		}
		if _, next := l.Bounds(0); next != 3 || l.LastOrigin(0) != 103 {
			t.Errorf("byte %d: next %d, last origin %d", at, next, l.LastOrigin(0))
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A file that is given up before it held anything may vanish between a reader's
// look at the list and its opening it.
func TestReaderMeetsAForgottenFile(t *testing.T) {
	t.Parallel()
	dir, s := t.TempDir(), &faulty{}
	l := openFaulty(t, dir, s)
	e := l.engine.(*Files)
	if err := l.Append(context.Background(), []secant.Record{record(0, "a")}); err != nil {
		t.Fatal(err)
	}
	c := e.Read(0, 1).(*cursor)
	defer c.Close()
	vanished := &logFile{num: 7, path: filePath(dir, 7), start: []uint64{2, 1, 1, 1}}
	if ok, err := c.enter(vanished); !ok || err != nil || c.file != e.files[0] {
		t.Errorf("enter: %v, %v", ok, err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}
