package pipeline_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/eventlog"
	"github.com/secantdev/secant/live"
	"github.com/secantdev/secant/pipeline"
	"github.com/secantdev/secant/pipeline/dedupe"
	"github.com/secantdev/secant/store"
)

// workspace is a fixed configuration that tests may replace.
type workspace struct {
	w atomic.Pointer[secant.Workspace]
}

func (w *workspace) Workspace() *secant.Workspace { return w.w.Load() }

func newWorkspace(disabled ...string) *workspace {
	var sources []*secant.Source
	for _, id := range []string{"web", "app", "off"} {
		sources = append(sources, &secant.Source{ID: id, Enabled: id != "off" && !slices.Contains(disabled, id)})
	}
	w := &workspace{}
	w.w.Store(secant.NewWorkspace(sources, nil))
	return w
}

// rig is everything around a pipeline, on real files in one directory.
type rig struct {
	t          testing.TB
	dir        string
	log        *slog.Logger
	workspace  *workspace
	raw, clean *eventlog.Log
	index      *dedupe.Index
	store      *store.Store
	hub        *live.Hub
	p          *pipeline.Pipeline
	stopRun    func()
}

// options change what openRig opens.
type options struct {
	log     io.Writer
	clean   func(eventlog.Engine) eventlog.Engine // wraps the clean log's files
	rawOpts eventlog.Options
	now     func() time.Time
}

// openRig opens what is in dir; close closes it again.
func openRig(t testing.TB, dir string, o options) *rig {
	t.Helper()
	r := &rig{t: t, dir: dir, log: slog.New(slog.DiscardHandler), workspace: newWorkspace()}
	if o.log != nil {
		r.log = slog.New(slog.NewTextHandler(o.log, nil))
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	o.rawOpts.Dir, o.rawOpts.Logger, o.rawOpts.Linger = filepath.Join(dir, "raw"), r.log, -1
	r.raw, err = eventlog.Open(o.rawOpts)
	must(err)
	cleanOpts := eventlog.Options{Dir: filepath.Join(dir, "clean"), Logger: r.log, Linger: -1}
	engine, err := eventlog.OpenFiles(cleanOpts)
	must(err)
	if o.clean != nil {
		r.clean, err = eventlog.New(o.clean(engine), cleanOpts)
	} else {
		r.clean, err = eventlog.New(engine, cleanOpts)
	}
	must(err)
	r.index, err = dedupe.Open(dedupe.Options{Dir: filepath.Join(dir, "dedupe"), Logger: r.log, Now: o.now})
	must(err)
	r.store, err = store.Open(context.Background(), store.Options{
		Path: filepath.Join(dir, "secant.db"), KeyPath: filepath.Join(dir, "secret.key"),
	})
	must(err)
	r.hub, err = live.Open(context.Background(), live.Options{Store: r.store, Logger: r.log})
	must(err)
	r.p, err = pipeline.New(pipeline.Options{
		Raw: r.raw, Clean: r.clean, Dedupe: r.index, Workspace: r.workspace, Observer: r.hub, Logger: r.log,
	})
	must(err)
	return r
}

// run starts the pipeline and the hub until stop.
func (r *rig) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := r.p.Run(ctx); err != nil {
			r.t.Errorf("run pipeline: %v", err)
		}
	}()
	hubCtx, hubCancel := context.WithCancel(context.Background())
	hubDone := make(chan struct{})
	go func() {
		defer close(hubDone)
		if err := r.hub.Run(hubCtx); err != nil {
			r.t.Errorf("run hub: %v", err)
		}
	}()
	r.stopRun = func() {
		cancel()
		<-done
		hubCancel()
		<-hubDone
	}
}

func (r *rig) stop() {
	if r.stopRun != nil {
		r.stopRun()
		r.stopRun = nil
	}
}

func (r *rig) close() {
	r.t.Helper()
	r.stop()
	for _, c := range []io.Closer{r.index, r.clean, r.raw, r.store} {
		if err := c.Close(); err != nil {
			r.t.Errorf("close: %v", err)
		}
	}
}

// settle waits until every raw chunk is settled.
func (r *rig) settle() {
	r.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		behind := uint64(0)
		for _, p := range r.p.Stats().Partitions {
			_, next := r.raw.Bounds(p.Partition)
			behind += next - 1 - min(next-1, r.hub.ObservedUpTo(p.Partition), p.Seq)
		}
		if behind == 0 {
			return
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("%d chunks are not settled: %+v, health %v", behind, r.p.Stats(), r.p.Health())
		}
		time.Sleep(time.Millisecond)
	}
}

// through runs the pipeline until everything is settled.
func (r *rig) through() {
	r.t.Helper()
	r.run()
	r.settle()
	r.stop()
}

func (r *rig) append(recs ...secant.Record) {
	r.t.Helper()
	if err := r.raw.Append(context.Background(), recs); err != nil {
		r.t.Error(err) // may be another goroutine than the test's
	}
}

// record makes an event; what is not said is valid.
func record(source, id string, lane uint32, reason secant.Reason) secant.Record {
	json := fmt.Appendf(nil, `{"messageId":%q,"type":"track","event":"Bought","userId":"u%d"}`, id, lane)
	at := len(`{"messageId":"`)
	name := strings.Index(string(json), "Bought")
	return secant.Record{
		Source: source, Type: secant.TypeTrack, Reason: reason, ReceivedAt: time.Now().UnixMilli(), Lane: lane,
		JSON: json, MessageID: json[at : at+len(id)], Name: json[name : name+len("Bought")],
	}
}

// entry is a record as tests compare it.
type entry struct {
	source, id string
	reason     secant.Reason
	json       string
}

// contents reads a log to its end, by partition, and checks that origins grow.
func contents(t testing.TB, l *eventlog.Log) [][]entry {
	t.Helper()
	all := make([][]entry, l.Partitions())
	for p := range all {
		r := l.Read(p, 1)
		var origin uint64
		for {
			c, ok, err := r.TryNext()
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				break
			}
			if c.Origin != 0 {
				if c.Origin <= origin {
					t.Errorf("partition %d chunk %d has origin %d after %d", p, c.Seq, c.Origin, origin)
				}
				origin = c.Origin
			}
			for _, rec := range c.Records() {
				all[p] = append(all[p], entry{rec.Source, string(rec.MessageID), rec.Reason, string(rec.JSON)})
			}
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	return all
}

// model is what must be in the clean log, given the raw one, when copies of an
// event lie in one partition.
func model(raw [][]entry) (clean [][]entry, reasons map[secant.Reason]int64) {
	clean, reasons = make([][]entry, len(raw)), map[secant.Reason]int64{}
	known := map[[2]string]bool{}
	for p := range raw {
		for _, e := range raw[p] {
			reason := e.reason
			switch {
			case reason != "":
			case e.source == "off":
				reason = secant.ReasonSourceDisabled
			case e.source != "web" && e.source != "app":
				reason = secant.ReasonUnknownSource
			case e.id != "" && known[[2]string{e.source, e.id}]:
				reason = secant.ReasonDuplicate
			default:
				known[[2]string{e.source, e.id}] = true
				clean[p] = append(clean[p], e)
			}
			reasons[reason]++
		}
	}
	return clean, reasons
}

// verify compares the clean log and the saved counters with the model.
func (r *rig) verify() {
	r.t.Helper()
	clean, reasons := model(contents(r.t, r.raw))
	got := contents(r.t, r.clean)
	for p := range clean {
		if !slices.Equal(got[p], clean[p]) {
			r.t.Errorf("partition %d of the clean log has %d events, want %d; %s", p, len(got[p]), len(clean[p]), differ(got[p], clean[p]))
		}
	}
	if err := r.hub.Flush(context.Background()); err != nil {
		r.t.Fatal(err)
	}
	rows, err := r.store.Counts(context.Background(), store.CountQuery{By: store.InTotal, Group: []string{"reason", "outcome"}, Collected: true})
	if err != nil {
		r.t.Fatal(err)
	}
	counted := map[secant.Reason]int64{}
	for _, row := range rows {
		counted[secant.Reason(row.Reason)] += row.N
		if (row.Outcome == string(secant.OutcomeAccepted)) != (row.Reason == "") {
			r.t.Errorf("outcome %q with reason %q", row.Outcome, row.Reason)
		}
	}
	for reason := range reasons {
		if counted[reason] != reasons[reason] {
			r.t.Errorf("counted %d events with reason %q, want %d", counted[reason], reason, reasons[reason])
		}
	}
	if len(counted) != len(reasons) {
		r.t.Errorf("counted %v, want %v", counted, reasons)
	}
}

func differ(got, want []entry) string {
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			return fmt.Sprintf("the first difference is event %d, want %s", i, want[i].json)
		}
	}
	return "there are more at the end"
}

// copyDir replaces to by a copy of from.
func copyDir(t testing.TB, from, to string) {
	t.Helper()
	if err := os.RemoveAll(to); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}
