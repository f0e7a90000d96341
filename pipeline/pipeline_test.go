package pipeline_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/eventlog"
)

func TestVerdicts(t *testing.T) {
	t.Parallel()
	r := openRig(t, t.TempDir(), options{})
	defer r.close()
	r.append(
		record("web", "a", 0, ""),
		record("web", "b", 0, secant.ReasonNoUserAnonID),
		record("web", "b", 0, ""), // the invalid copy does not count
		record("web", "b", 0, ""),
		record("app", "a", 0, ""), // another source's
		record("off", "c", 0, ""),
		record("off", "c", 0, secant.ReasonBadRequest), // invalid before disabled
		record("gone", "d", 0, ""),
		record("gone", "d", 0, ""), // unknown before duplicate
		record("web", "", 0, ""),
		record("web", "", 0, ""),
	)
	r.append(record("web", "a", 0, ""), record("web", "e", 1, ""))
	r.through()
	var got []string
	for _, p := range contents(t, r.clean) {
		for _, e := range p {
			got = append(got, e.source+":"+e.id)
		}
	}
	if s := strings.Join(got, " "); s != "web:a web:b app:a web: web: web:e" {
		t.Errorf("clean log: %s", s)
	}
	r.verify()
	events, err := r.hub.Recent(t.Context(), filterAll, 0)
	if err != nil || len(events) != 13 {
		t.Errorf("the debugger shows %d events, want 13: %v", len(events), err)
	}
	s := r.p.Stats()
	if s.Events != 13 || s.Passed != 6 || s.Damaged != 0 || s.Missed != 0 {
		t.Errorf("stats %+v", s)
	}
}

// A source that is switched on again lets events through whose like was
// stopped.
func TestSourceSwitchedOn(t *testing.T) {
	t.Parallel()
	r := openRig(t, t.TempDir(), options{})
	defer r.close()
	r.workspace.w.Store(newWorkspace("web").Workspace())
	r.append(record("web", "a", 0, ""))
	r.through()
	r.workspace.w.Store(newWorkspace().Workspace())
	r.append(record("web", "a", 0, ""))
	r.through()
	if got := contents(t, r.clean)[0]; len(got) != 1 {
		t.Errorf("%d events in the clean log, want 1", len(got))
	}
}

// fill appends n random batches with duplicates, invalid events and events of
// several sources. Copies of an event share its lane.
func fill(r *rig, rng *rand.Rand, n int) {
	for range n {
		var recs []secant.Record
		for range 1 + rng.IntN(20) {
			recs = append(recs, randomRecord(rng))
		}
		r.append(recs...)
	}
}

func randomRecord(rng *rand.Rand) secant.Record {
	n := rng.IntN(3000)
	source := []string{"web", "web", "web", "app", "app", "off", "gone"}[rng.IntN(7)]
	reason := secant.ReasonNone
	if rng.IntN(8) == 0 {
		reason = secant.ReasonPropsNotObject
	}
	return record(source, fmt.Sprint("id", n), uint32(n), reason)
}

// TestRestarts stops and reopens everything at random moments, loses the index
// now and then in whole or in part, and wants every event once.
func TestRestarts(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, 1))
			dir := t.TempDir()
			index, saved := filepath.Join(dir, "dedupe"), filepath.Join(t.TempDir(), "saved")
			for round := range 8 {
				r := openRig(t, dir, options{})
				r.run()
				done := make(chan struct{})
				go func() {
					defer close(done)
					fill(r, rand.New(rand.NewPCG(seed, uint64(100+round))), 20)
				}()
				time.Sleep(time.Duration(rng.IntN(40)) * time.Millisecond)
				r.stop() // in the middle of it
				<-done
				if round%2 == 0 {
					r.run()
					r.settle()
				}
				r.close()
				switch rng.IntN(4) {
				case 0: // the index is kept for later
					copyDir(t, index, saved)
				case 1: // it is rolled back, as after a power cut
					if _, err := os.Stat(saved); err == nil {
						copyDir(t, saved, index)
					}
				case 2: // it is lost
					if err := os.RemoveAll(index); err != nil {
						t.Fatal(err)
					}
				}
			}
			r := openRig(t, dir, options{})
			defer r.close()
			r.through()
			r.verify()
		})
	}
}

// A copy that fell into another partition than the first (its sender changed
// the anonymousId) is known even while a lost index is being built again.
func TestCopyInAnotherPartition(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := openRig(t, dir, options{})
	for i := range 300 {
		r.append(record("web", fmt.Sprint("id", i), 0, ""))
	}
	r.through()
	for i := range 300 {
		r.append(record("web", fmt.Sprint("id", i), 1, ""))
	}
	r.close()
	if err := os.RemoveAll(filepath.Join(dir, "dedupe")); err != nil {
		t.Fatal(err)
	}
	r = openRig(t, dir, options{})
	defer r.close()
	r.through()
	r.verify()
}

// An index whose files have rotted while nobody looked is noticed when it is
// read, and built again in the middle of the work.
func TestRottenIndex(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(3, 4))
	r := openRig(t, dir, options{})
	fill(r, rng, 100)
	r.through()
	r.close()
	tables, err := filepath.Glob(filepath.Join(dir, "dedupe", "*.sst"))
	if err != nil || len(tables) == 0 {
		t.Fatalf("no tables: %v", err)
	}
	for _, name := range tables {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(data)/2; i += 64 {
			data[i] ^= 0x10
		}
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var logged bytes.Buffer
	r = openRig(t, dir, options{log: &logged})
	fill(r, rng, 100)
	r.through()
	if n := r.index.Stats().Resets; n != 1 {
		t.Errorf("the index was begun anew %d times, want once", n)
	}
	r.verify()
	r.close()
	if !strings.Contains(logged.String(), "dedupe index was damaged") {
		t.Error("the log does not say it")
	}
}

// flaky is a disk under the clean log that can fail.
type flaky struct {
	eventlog.Engine
	fail  atomic.Bool // before writing
	after atomic.Bool // after writing, as a sync may
}

func (f *flaky) Append(entries []eventlog.Entry) error {
	if f.fail.Load() {
		return fmt.Errorf("%w: write: %w", secant.ErrUnavailable, syscall.ENOSPC)
	}
	if err := f.Engine.Append(entries); err != nil {
		return err
	}
	if f.after.CompareAndSwap(true, false) {
		return fmt.Errorf("%w: sync: %w", secant.ErrUnavailable, syscall.EIO)
	}
	return nil
}

func TestCleanLogFails(t *testing.T) {
	t.Parallel()
	var disk *flaky
	r := openRig(t, t.TempDir(), options{clean: func(e eventlog.Engine) eventlog.Engine {
		disk = &flaky{Engine: e}
		return disk
	}})
	defer r.close()
	rng := rand.New(rand.NewPCG(5, 6))
	r.run()
	fill(r, rng, 5)
	r.settle()
	disk.fail.Store(true)
	fill(r, rng, 20)
	for r.p.Health() == nil {
		time.Sleep(time.Millisecond)
	}
	if err := r.p.Health(); !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "clean log") {
		t.Errorf("health does not say what is the matter: %v", err)
	}
	disk.fail.Store(false)
	r.settle()
	if err := r.p.Health(); err != nil {
		t.Errorf("health after recovery: %v", err)
	}
	for range 10 { // what failed was written after all
		disk.after.Store(true)
		fill(r, rng, 3)
		r.settle()
	}
	r.verify()
}

// A stop while the clean log fails is prompt, and the work is done later.
func TestStopWhileCleanLogFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := openRig(t, dir, options{clean: func(e eventlog.Engine) eventlog.Engine {
		disk := &flaky{Engine: e}
		disk.fail.Store(true)
		return disk
	}})
	fill(r, rand.New(rand.NewPCG(7, 8)), 10)
	r.run()
	for r.p.Health() == nil {
		time.Sleep(time.Millisecond)
	}
	r.close()
	r = openRig(t, dir, options{})
	defer r.close()
	r.through()
	r.verify()
}

// Chunks of which nothing survives leave no chunk each, yet are not judged
// again after every restart.
func TestNothingSurvives(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := openRig(t, dir, options{})
	for i := range 200 {
		r.append(record("web", fmt.Sprint("id", i), 0, secant.ReasonBadRequest))
	}
	r.through()
	_, next := r.clean.Bounds(0)
	if next > 200/64+3 {
		t.Errorf("%d clean chunks for nothing", next-1)
	}
	if got := r.clean.LastOrigin(0); got != 200 {
		t.Errorf("the clean log says that %d raw chunks are settled, want 200", got)
	}
	r.verify()
	r.close()
	r = openRig(t, dir, options{})
	defer r.close()
	if got := r.p.Needed(0); got != 201 {
		t.Errorf("goes on at chunk %d, want 201", got)
	}
	r.append(record("web", "id1", 0, ""))
	r.through()
	r.verify()
	if got := r.p.Stats().Events; got != 1 {
		t.Errorf("%d events were judged after the restart, want 1", got)
	}
}

func TestReplacedRawLog(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := openRig(t, dir, options{})
	r.append(record("web", "a", 0, ""))
	r.append(record("web", "b", 0, ""))
	r.through()
	r.close()
	if err := os.RemoveAll(filepath.Join(dir, "raw")); err != nil {
		t.Fatal(err)
	}
	r = openRig(t, dir, options{})
	defer r.close()
	err := r.p.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "Restore the raw log") {
		t.Errorf("run on another raw log: %v", err)
	}
}

// Without its clean log, the raw one is cleaned again, and the index does not
// take its own events for duplicates.
func TestLostCleanLog(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := openRig(t, dir, options{})
	fill(r, rand.New(rand.NewPCG(9, 9)), 50)
	r.through()
	r.close()
	if err := os.RemoveAll(filepath.Join(dir, "clean")); err != nil {
		t.Fatal(err)
	}
	r = openRig(t, dir, options{})
	defer r.close()
	r.through()
	r.verify()
}

func TestDamagedRawChunk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := openRig(t, dir, options{})
	const chunks = 20
	for i := range chunks {
		r.append(record("web", fmt.Sprintf("event-number-%d", i), 0, ""))
	}
	r.close()
	files, err := filepath.Glob(filepath.Join(dir, "raw", "*"))
	if err != nil {
		t.Fatal(err)
	}
	broken := false
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if at := bytes.Index(data, []byte("event-number-7")); at >= 0 {
			data[at+3] ^= 1
			broken = true
			if err := os.WriteFile(name, data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if !broken {
		t.Fatal("the event was not found in the raw log's files")
	}
	r = openRig(t, dir, options{})
	defer r.close()
	r.through()
	r.verify()
	if got := len(contents(t, r.clean)[0]); got != chunks-1 {
		t.Errorf("%d events in the clean log, want %d", got, chunks-1)
	}
	if got := r.p.Stats().Damaged; got != 1 {
		t.Errorf("stats name %d damaged chunks, want 1", got)
	}
}

// Chunks that retention removed too early are counted and named.
func TestMissedChunks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var logged bytes.Buffer
	r := openRig(t, dir, options{log: &logged, rawOpts: eventlog.Options{FileSize: 1 << 10}})
	const chunks = 200
	for i := range chunks {
		r.append(record("web", fmt.Sprint("id", i), 0, ""))
	}
	for p := range r.raw.Partitions() {
		if err := r.raw.Trim(p, chunks); err != nil {
			t.Fatal(err)
		}
	}
	first, _ := r.raw.Bounds(0)
	if first < 2 {
		t.Fatal("nothing was trimmed")
	}
	r.through()
	r.verify()
	if got := r.p.Stats().Missed; got != int64(first-1) {
		t.Errorf("%d chunks are missed, want %d", got, first-1)
	}
	r.close()
	if !strings.Contains(logged.String(), "removed by retention") {
		t.Error("the log does not say it")
	}
}

func TestRunTwice(t *testing.T) {
	t.Parallel()
	r := openRig(t, t.TempDir(), options{})
	defer r.close()
	for i := range 3 {
		r.append(record("web", fmt.Sprint("id", i), uint32(i), ""), record("web", "same", 9, ""))
		r.through()
	}
	r.verify()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.p.Run(ctx); err != nil {
		t.Errorf("run with an ended context: %v", err)
	}
}

func TestPartitionsDiffer(t *testing.T) {
	t.Parallel()
	r := openRig(t, t.TempDir(), options{rawOpts: eventlog.Options{Partitions: 4}})
	defer r.close()
	other, err := eventlog.Open(eventlog.Options{Dir: t.TempDir(), Partitions: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := newOver(r, other); err == nil || !strings.Contains(err.Error(), "4 partitions") {
		t.Errorf("logs with different partitions: %v", err)
	}
}

func TestLag(t *testing.T) {
	t.Parallel()
	r := openRig(t, t.TempDir(), options{})
	defer r.close()
	fill(r, rand.New(rand.NewPCG(1, 1)), 10)
	lag := uint64(0)
	for _, p := range r.p.Stats().Partitions {
		lag += p.LagChunks
		if p.LagEvents < int64(p.LagChunks) {
			t.Errorf("%d events in %d chunks", p.LagEvents, p.LagChunks)
		}
	}
	if lag == 0 {
		t.Error("nothing waits before the pipeline ran")
	}
	r.through()
	for _, p := range r.p.Stats().Partitions {
		if p.LagChunks != 0 || p.LagEvents != 0 || p.LagAge != 0 || p.Recovering {
			t.Errorf("behind after all was settled: %+v", p)
		}
	}
}
