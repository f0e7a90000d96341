package pipeline_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/eventlog"
	"github.com/secantdev/secant/live"
	"github.com/secantdev/secant/pipeline"
)

var filterAll = live.Filter{}

// newOver makes a pipeline from r's raw log into another log.
func newOver(r *rig, clean *eventlog.Log) error {
	_, err := pipeline.New(pipeline.Options{
		Raw: r.raw, Clean: clean, Dedupe: r.index, Workspace: r.workspace, Observer: r.hub,
	})
	return err
}

// victimDir names, in a process that is to be killed, where it works.
const victimDir = "SECANT_TEST_VICTIM_DIR"

// TestVictim is not a test: it is the process that TestKill kills. It writes
// each event's id once it is acknowledged.
func TestVictim(t *testing.T) {
	dir := os.Getenv(victimDir)
	if dir == "" {
		return
	}
	r := openRig(t, dir, options{})
	r.run()
	rng := rand.New(rand.NewPCG(uint64(os.Getpid()), uint64(time.Now().UnixNano())))
	out := bufio.NewWriter(os.Stdout)
	for {
		var recs []secant.Record
		for range 1 + rng.IntN(50) {
			recs = append(recs, randomRecord(rng))
		}
		if err := r.raw.Append(context.Background(), recs); err != nil {
			os.Exit(3)
		}
		for i := range recs {
			fmt.Fprintf(out, "ack %s %s\n", recs[i].Source, recs[i].MessageID)
		}
		out.Flush()
	}
}

// TestKill kills a process with a busy pipeline again and again. Afterwards
// every acknowledged event is in the raw log, the clean log is exactly what the
// raw one makes, and the counters are exactly right.
func TestKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	acked := map[[2]string]bool{}
	for range 6 {
		cmd := exec.Command(self, "-test.run", "^TestVictim$")
		cmd.Env = append(os.Environ(), victimDir+"="+dir)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			var source, id string
			if k, _ := fmt.Sscanf(lines.Text(), "ack %s %s", &source, &id); k == 2 {
				acked[[2]string{source, id}] = true
			}
			if n == 0 { // it is under way: from now on, any moment
				time.AfterFunc(time.Duration(rng.IntN(1500))*time.Millisecond, func() { _ = cmd.Process.Kill() })
			}
		}
		if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != -1 {
			t.Fatalf("the process ended before it was killed: %v", cmd.ProcessState)
		}
	}
	r := openRig(t, dir, options{})
	defer r.close()
	events := int64(0)
	for _, p := range contents(t, r.raw) {
		for _, e := range p {
			delete(acked, [2]string{e.source, e.id})
			events++
		}
	}
	for id := range acked {
		t.Errorf("acknowledged event %v is not in the raw log", id)
	}
	r.through()
	r.verify()
	if s := r.p.Stats(); s.Events == 0 || s.Events >= events {
		t.Logf("after the kills %d of %d events were judged again", s.Events, events)
	}
	shown, err := r.hub.Recent(t.Context(), live.Filter{Source: "web"}, 0)
	if err != nil || len(shown) == 0 {
		t.Errorf("the debugger forgot everything: %v", err)
	}
}
