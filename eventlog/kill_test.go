package eventlog

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/secantdev/secant"
)

// childDir makes the test binary the process that is killed.
const childDir = "SECANT_TEST_EVENTLOG_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		appendForEver(dir, os.Getenv(childDir+"_ROUND"))
	}
	os.Exit(m.Run())
}

// appendForEver appends from several goroutines and prints every id once it is
// acknowledged, until the process is killed.
func appendForEver(dir, round string) {
	l, err := Open(Options{Dir: dir, FileSize: 64 << 10}) // many changes of file
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	var out sync.Mutex
	for g := range 8 {
		go func() {
			for i := 0; ; i++ {
				var recs []secant.Record
				for lane := range uint32(g%3 + 1) {
					recs = append(recs, record(lane+uint32(i), fmt.Sprintf("%s-%d-%d-%d", round, g, i, lane)))
				}
				if err := l.Append(context.Background(), recs); err != nil {
					fmt.Println("error", err)
					os.Exit(1)
				}
				out.Lock()
				for i := range recs {
					fmt.Printf("%s\n", recs[i].MessageID)
				}
				out.Unlock()
			}
		}()
	}
	select {}
}

func TestKilledProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var acked []string
	rounds := 10
	if testing.Short() {
		rounds = 2
	}
	for round := range rounds {
		child := exec.Command(self)
		child.Env = append(os.Environ(), childDir+"="+dir, fmt.Sprintf("%s_ROUND=%d", childDir, round))
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		if !lines.Scan() {
			t.Fatal("the child acknowledged nothing")
		}
		acked = append(acked, lines.Text())
		time.AfterFunc(time.Duration(rand.IntN(60))*time.Millisecond, func() { _ = child.Process.Kill() })
		for lines.Scan() {
			acked = append(acked, lines.Text())
		}
		_ = child.Wait() // killed, as it should be

		l, err := Open(Options{Dir: dir, Logger: quiet()})
		if err != nil {
			t.Fatal(err)
		}
		got := idCounts(t, l)
		for _, id := range acked {
			if got[id] != 1 {
				t.Errorf("round %d: acknowledged record %s is there %d times", round, id, got[id])
			}
		}
		for p := range l.Partitions() {
			checkDense(t, l, p)
		}
		if s := l.Stats(); s.Damaged != 0 {
			t.Errorf("round %d: %d places reported damaged", round, s.Damaged)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d records acknowledged", len(acked))
}
