package eventlog

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/secantdev/secant"
)

// cutLog is a log as it lay on the disk when its process was killed, with what
// had been acknowledged at which size of its one file.
type cutLog struct {
	name    string
	data    []byte
	sizes   []int64    // after each commit
	commits [][]string // the ids of each commit
}

// memoryDir returns a directory for the thousands of logs that are opened for
// what their bytes say: in memory where the system offers that, since waiting
// for a disk proves nothing there.
func memoryDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "eventlog")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func makeCutLog(t *testing.T, commits int) cutLog {
	t.Helper()
	dir := t.TempDir()
	l := mustOpen(t, Options{Dir: dir, Logger: quiet()})
	var c cutLog
	for i := range commits {
		var recs []secant.Record
		var names []string
		for lane := range uint32(3) {
			id := fmt.Sprintf("%d-%d", i, lane)
			recs, names = append(recs, record(lane, id)), append(names, id)
		}
		if err := l.Append(context.Background(), recs); err != nil {
			t.Fatal(err)
		}
		c.sizes, c.commits = append(c.sizes, l.Stats().Bytes), append(c.commits, names)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.log"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	c.name = filepath.Base(files[0])
	if c.data, err = os.ReadFile(files[0]); err != nil {
		t.Fatal(err)
	}
	return c
}

// check opens a log whose file holds data, of which the first durable commits
// were acknowledged, and goes on with it.
func (c *cutLog) check(t *testing.T, what string, data []byte, durable int) {
	t.Helper()
	dir := memoryDir(t)
	if err := os.WriteFile(filepath.Join(dir, c.name), data, 0o600); err != nil {
		t.Fatal(err)
	}
	for round := range 1 + (len(data)/align)%2 { // what was repaired must open again
		l, err := Open(Options{Dir: dir, Logger: quiet()})
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		got := idCounts(t, l)
		for _, commit := range c.commits[:durable] {
			for _, id := range commit {
				if got[id] != 1 {
					t.Errorf("%s, round %d: acknowledged record %s is there %d times", what, round, id, got[id])
				}
			}
		}
		after := fmt.Sprint("after", round)
		if err := l.Append(context.Background(), []secant.Record{record(0, after), record(2, after)}); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if n := idCounts(t, l)[after]; n != 2 {
			t.Errorf("%s: a record appended afterwards is there %d times, want 2", what, n)
		}
		if err := l.Close(); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
}

func TestPowerCut(t *testing.T) {
	t.Parallel()
	c := makeCutLog(t, 4)
	n := len(c.commits)
	random := rand.New(rand.NewPCG(3, 4))
	damage := map[string]func(b []byte){
		"cut off": nil,
		"zeroed":  func(b []byte) { clear(b) },
		"garbage": func(b []byte) {
			for i := range b {
				b[i] = byte(random.Uint32())
			}
		},
	}
	for name, apply := range damage {
		t.Run(strings.ReplaceAll(name, " ", ""), func(t *testing.T) {
			// Every byte of the last commit, which was not acknowledged unless it
			// is whole, and some of the one before.
			for at := c.sizes[n-3]; at <= c.sizes[n-1]; at++ {
				if (apply != nil || at < c.sizes[n-2]) && at%7 != 0 && at%64 > 1 {
					continue
				}
				durable := 0
				for durable < n && c.sizes[durable] <= at {
					durable++
				}
				data := append([]byte(nil), c.data...)
				if apply == nil {
					data = data[:at]
				} else {
					apply(data[at:])
				}
				c.check(t, fmt.Sprintf("%s at %d", name, at), data, durable)
			}
		})
	}
	t.Run("pages out of order", func(t *testing.T) {
		// Of the last commit, any one 64-byte part may be missing.
		for at := c.sizes[n-2]; at < c.sizes[n-1]; at += align {
			data := append([]byte(nil), c.data...)
			clear(data[at : at+align])
			c.check(t, fmt.Sprintf("missing part at %d", at), data, n-1)
		}
	})
}

func TestPowerCutWhileAFileIsCreated(t *testing.T) {
	t.Parallel()
	c := makeCutLog(t, 2)
	head := fileHeader{version: formatVersion, num: 2, prev: 1, prevEnd: c.sizes[1], start: []uint64{3, 3, 3, 1}, origin: make([]uint64, 4)}
	whole := head.encode()
	for at := 0; at <= len(whole); at += 16 {
		dir := memoryDir(t)
		for name, data := range map[string][]byte{c.name: c.data, filepath.Base(filePath("", 2)): whole[:at]} {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		l, err := Open(Options{Dir: dir, Logger: quiet()})
		if err != nil {
			t.Fatalf("cut at %d: %v", at, err)
		}
		sameIDs(t, idCounts(t, l), append(c.commits[0], c.commits[1]...))
		if err := l.Append(context.Background(), []secant.Record{record(0, "after")}); err != nil {
			t.Fatal(err)
		}
		checkDense(t, l, 0)
		if s := l.Stats(); s.Damaged != 0 {
			t.Errorf("cut at %d: %d places reported damaged", at, s.Damaged)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTornEndIsReported(t *testing.T) {
	t.Parallel()
	c := makeCutLog(t, 2)
	dir := t.TempDir()
	path := filepath.Join(dir, c.name)
	if err := os.WriteFile(path, c.data[:len(c.data)-10], 0o600); err != nil {
		t.Fatal(err)
	}
	logger, text := logged()
	l := mustOpen(t, Options{Dir: dir, Logger: logger})
	want := int64(len(c.data)-10) - l.engine.(*Files).files[0].end.Load()
	if got := l.Stats().TornBytes; got != want || got == 0 {
		t.Errorf("TornBytes = %d, want %d", got, want)
	}
	if !strings.Contains(text(), path) || !strings.Contains(text(), fmt.Sprint("bytes=", want)) {
		t.Errorf("the log does not name the file and the bytes:\n%s", text())
	}
}

// One flipped bit, wherever it is, costs at most the chunk it lies in, which is
// reported; and everything goes on.
func TestFlippedBit(t *testing.T) {
	t.Parallel()
	// Three files: two closed in good order, one not.
	dir := t.TempDir()
	var want [2][]string
	var l *Log
	for f := range 3 {
		l = mustOpen(t, Options{Dir: dir, Partitions: 2, Logger: quiet()})
		for i := range 2 {
			id := fmt.Sprintf("%d-%d", f, i)
			if err := l.Append(context.Background(), []secant.Record{record(0, id), record(1, id)}); err != nil {
				t.Fatal(err)
			}
			want[0], want[1] = append(want[0], id), append(want[1], id)
		}
		if f < 2 {
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.log"))
	if err != nil || len(files) != 3 {
		t.Fatal(files, err)
	}
	step := 1
	if testing.Short() {
		step = 11
	}
	for fi, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(fmt.Sprint("File", fi+1), func(t *testing.T) {
			t.Parallel()
			for at := 0; at < len(data); at += step {
				flipped := append([]byte(nil), data...)
				flipped[at] ^= 1 << ((at + at/64) % 8)
				checkFlipped(t, fmt.Sprintf("bit of byte %d of file %d", at, fi+1), files, path, flipped, want)
			}
		})
	}
}

func checkFlipped(t *testing.T, what string, files []string, path string, flipped []byte, want [2][]string) {
	t.Helper()
	dir := memoryDir(t)
	for _, f := range files {
		data := flipped
		if f != path {
			var err error
			if data, err = os.ReadFile(f); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(f)), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	logger, text := logged()
	l, err := Open(Options{Dir: dir, Partitions: 2, Logger: logger})
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	defer l.Close()
	for _, p := range []uint32{0, 1} { // so that damage at the very end is followed by something
		if err := l.Append(context.Background(), []secant.Record{record(p, "end")}); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	lost := 0
	for p := range want {
		r := l.Read(p, 1)
		defer r.Close()
		for i := 0; i <= len(want[p]); i++ {
			c, ok, err := r.TryNext()
			if err != nil || !ok {
				t.Fatalf("%s: partition %d ends before chunk %d: %v", what, p, i+1, err)
			}
			i += int(c.Skipped)
			lost += int(c.Skipped)
			if c.Seq != uint64(i+1) {
				t.Fatalf("%s: partition %d: chunk %d, want %d", what, p, c.Seq, i+1)
			}
			for _, rec := range c.Records() {
				id := "end"
				if i < len(want[p]) {
					id = want[p][i]
				}
				if string(rec.MessageID) != id {
					t.Errorf("%s: partition %d chunk %d holds %s, want %s", what, p, c.Seq, rec.MessageID, id)
				}
			}
		}
	}
	if lost > 1 {
		t.Errorf("%s cost %d chunks", what, lost)
	}
	if lost > 0 && (l.Stats().Damaged != 1 || strings.Count(text(), "level=ERROR") != 1) {
		t.Errorf("%s: the lost chunk is reported %d times:\n%s", what, l.Stats().Damaged, text())
	}
}
