package dedupe

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// TestPowerCut cuts the power at random moments: what was not synced is gone,
// wholly or in part. After the log was read again from the watermark, every
// answer is what it would have been without the cut.
func TestPowerCut(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, 7))
			mem := vfs.NewCrashableMem()
			c := &clock{t: start}
			open := func() *Index {
				x, err := Open(Options{Dir: "data/dedupe", Horizon: time.Hour, Now: c.now, fs: mem})
				if err != nil {
					t.Fatal(err)
				}
				if x.Stats().Resets > 0 {
					t.Fatalf("a power cut was taken for damage: %s", x.Stats().DamagedTo)
				}
				return x
			}
			if err := mem.MkdirAll("data", 0o755); err != nil {
				t.Fatal(err)
			}
			x := open()
			var log [][]Event           // the raw log: what the index is a view of
			first := map[string]Event{} // the model
			judge := func(evs []Event) {
				for i := range evs {
					id := string(evs[i].MessageID)
					f, ok := first[id]
					if !ok {
						first[id] = evs[i]
						f = evs[i]
					}
					if dup := f.Seq != evs[i].Seq || f.Index != evs[i].Index; dup != evs[i].Duplicate {
						t.Fatalf("chunk %d event %d (%s): duplicate %v, want %v", evs[i].Seq, i, id, evs[i].Duplicate, dup)
					}
				}
			}
			for cuts := 0; cuts < 6; {
				switch rng.IntN(12) {
				case 0: // the power is cut
					cuts++
					crashed := mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: rng.IntN(101), RNG: rng})
					if err := x.Close(); err != nil {
						t.Fatal(err)
					}
					mem = crashed
					x = open()
					if x.Watermark(0) > uint64(len(log)) {
						t.Fatalf("watermark %d beyond the log's %d chunks", x.Watermark(0), len(log))
					}
					for seq := x.Watermark(0) + 1; seq <= uint64(len(log)); seq++ {
						check(t, x, 0, seq, log[seq-1])
						judge(log[seq-1])
					}
				case 1: // Pebble flushes and compacts when it likes
					if err := x.db.Flush(); err != nil {
						t.Fatal(err)
					}
				case 2:
					if len(log) > 0 { // an old chunk again
						evs := log[rng.IntN(len(log))]
						check(t, x, 0, evs[0].Seq, evs)
						judge(evs)
					}
				default:
					var ids []string
					for range 1 + rng.IntN(200) {
						ids = append(ids, fmt.Sprint("id", rng.IntN(3000)))
					}
					evs := events("web", c.now(), uint64(len(log)+1), ids...)
					log = append(log, evs)
					check(t, x, 0, uint64(len(log)), evs)
					judge(evs)
					c.advance(time.Duration(rng.IntN(3)) * time.Second)
				}
			}
			if err := x.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// fullFS is a disk without room, or one whose manifests cannot be written,
// while the flag is set.
type fullFS struct {
	vfs.FS
	full, bad atomic.Bool
}

func (f *fullFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if f.full.Load() {
		return nil, syscall.ENOSPC
	}
	file, err := f.FS.Create(name, c)
	return &fullFile{file, f, strings.Contains(name, "MANIFEST")}, err
}

type fullFile struct {
	vfs.File
	fs       *fullFS
	manifest bool
}

func (f *fullFile) Write(b []byte) (int, error) {
	if f.manifest && f.fs.bad.Load() {
		return 0, syscall.EIO
	}
	if f.fs.full.Load() {
		n, _ := f.File.Write(b[:len(b)/2])
		return n, syscall.ENOSPC
	}
	return f.File.Write(b)
}

func TestDiskFull(t *testing.T) {
	t.Parallel()
	disk := &fullFS{FS: vfs.NewMem()}
	x := mustOpen(t, Options{Dir: "dedupe", fs: disk})
	want(t, check(t, x, 0, 1, events("web", start, 1, "a")), "1")
	disk.full.Store(true)
	if _, err := x.db.AsyncFlush(); err != nil {
		t.Fatal(err)
	}
	for x.Health() == nil {
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := x.Check(ctx, 0, 2, events("web", start, 2, "a")); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("check on a full disk: %v, want to wait", err)
	}
	if !x.Stats().Waiting {
		t.Error("the stats do not say that the index waits")
	}
	disk.full.Store(false)
	want(t, check(t, x, 0, 2, events("web", start, 2, "a", "b")), "d1")
	if err := x.Health(); err != nil {
		t.Errorf("health with room again: %v", err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	x = mustOpen(t, Options{Dir: "dedupe", fs: disk})
	want(t, check(t, x, 0, 3, events("web", start, 3, "b", "c")), "d1")
}

// A stop while the disk is full does not hang, and costs only the watermark.
func TestStopWhileDiskFull(t *testing.T) {
	t.Parallel()
	disk := &fullFS{FS: vfs.NewMem()}
	x := mustOpen(t, Options{Dir: "dedupe", fs: disk})
	want(t, check(t, x, 0, 1, events("web", start, 1, "a")), "1")
	disk.full.Store(true)
	if _, err := x.db.AsyncFlush(); err != nil {
		t.Fatal(err)
	}
	for x.Health() == nil {
		time.Sleep(time.Millisecond)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	disk.full.Store(false)
	x = mustOpen(t, Options{Dir: "dedupe", fs: disk})
	if x.Stats().Resets != 0 {
		t.Error("a full disk was taken for damage")
	}
	want(t, check(t, x, 0, 1, events("web", start, 1, "a")), "1")
}

// Where Pebble would end the process, the index asks to be built anew.
func TestFatalError(t *testing.T) {
	t.Parallel()
	disk := &fullFS{FS: vfs.NewMem()}
	x := mustOpen(t, Options{Dir: "dedupe", fs: disk})
	want(t, check(t, x, 0, 1, events("web", start, 1, "a")), "1")
	disk.bad.Store(true)
	if _, err := x.db.AsyncFlush(); err != nil {
		t.Fatal(err)
	}
	for x.Health() == nil {
		time.Sleep(time.Millisecond)
	}
	err := x.Check(t.Context(), 0, 2, events("web", start, 2, "b"))
	if !errors.Is(err, ErrDamaged) {
		t.Fatalf("check after a fatal error: %v", err)
	}
	if err := x.Reset(err); err == nil {
		t.Error("reset on a disk that still fails succeeded")
	}
	if err := x.Check(t.Context(), 0, 2, nil); !errors.Is(err, ErrDamaged) {
		t.Fatalf("check after a reset that failed: %v", err)
	}
	disk.bad.Store(false)
	if err := x.Reset(err); err != nil {
		t.Fatal(err)
	}
	want(t, check(t, x, 0, 1, events("web", start, 1, "a", "a")), "1d")
}
