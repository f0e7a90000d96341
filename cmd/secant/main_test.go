package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/secantdev/secant/app"
)

// TestMain makes this test binary answer as secant when a script runs it.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"secant": main})
}

// TestScripts runs testdata/script/*.txtar: command lines as a person types
// them, against the real program. The command "ready DIR" waits until the
// server of a data directory is.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("SECANT_ADMIN_TOKEN", "")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ready": func(ts *testscript.TestScript, neg bool, args []string) {
				if neg || len(args) != 1 {
					ts.Fatalf("usage: ready DIR")
				}
				dir := ts.MkAbs(args[0])
				ts.Check(waitReady(dir, 20*time.Second))
				run, err := app.ReadRunFile(dir)
				ts.Check(err)
				ts.Setenv("URL", run.AdminURL)
			},
			"stop": func(ts *testscript.TestScript, neg bool, args []string) {
				if neg || len(args) != 1 {
					ts.Fatalf("usage: stop DIR")
				}
				run, err := app.ReadRunFile(ts.MkAbs(args[0]))
				ts.Check(err)
				process, err := os.FindProcess(run.PID)
				ts.Check(err)
				ts.Check(process.Signal(os.Interrupt))
			},
		},
	})
}

func waitReady(dir string, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	last := "no run file"
	for {
		if run, err := app.ReadRunFile(dir); err == nil {
			req, _ := http.NewRequestWithContext(ctx, http.MethodGet, run.AdminURL+"/readyz", nil)
			resp, err := http.DefaultClient.Do(req)
			if err == nil {
				_ = resp.Body.Close()
				if resp.StatusCode == http.StatusOK {
					return nil
				}
				last = resp.Status
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the server of %s was not ready after %s (%s)", dir, limit, last)
		case <-tick.C:
		}
	}
}
