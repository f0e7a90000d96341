package eventlog_test

import (
	"testing"

	"github.com/secantdev/secant/eventlog"
	"github.com/secantdev/secant/eventlog/eventlogtest"
)

func TestFilesConformance(t *testing.T) {
	t.Parallel()
	// The suite must hold with one file and with a new one every few chunks.
	for name, size := range map[string]int64{"OneFile": 0, "ManyFiles": 500} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eventlogtest.Run(t, func(t testing.TB, dir string) eventlog.Engine {
				e, err := eventlog.OpenFiles(eventlog.Options{Dir: dir, FileSize: size})
				if err != nil {
					t.Fatal(err)
				}
				return e
			})
		})
	}
}
