package e2e

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/secantdev/secant/internal/testkit"
)

// TestFlippedBit flips one bit of what lies on the disk of a stopped server.
// Wherever it is, the server must start, and miss at most the events of the one
// chunk it is in; in the dedupe index, which can be rebuilt, none.
func TestFlippedBit(t *testing.T) {
	t.Parallel()
	// A server with events that could not be delivered yet, to copy from.
	sink := testkit.NewSink(t)
	sink.Down()
	origin := testkit.Start(t, testkit.Options{Config: one(sink.URL("/hook"))})
	const batches, size = 40, 25
	sent := map[string]bool{}
	for b := range batches {
		var list []string
		for i := range size {
			id := fmt.Sprintf("flip-%d-%d", b, i)
			sent[id] = true
			list = append(list, fmt.Sprintf(`{"type":"track","event":"E","anonymousId":"a%d","messageId":%q}`, i, id))
		}
		origin.MustPost(t, "/v1/batch", "wk_web", `{"batch":[`+strings.Join(list, ",")+`]}`)
	}
	testkit.WaitFor(t, 20*time.Second, "the pipeline to be done", func() (bool, string) {
		lag := origin.Status(t).Pipeline.LagChunks
		return lag == 0, fmt.Sprint(lag)
	})
	origin.Stop()

	logs := filesBelow(t, origin.Dir, regexp.MustCompile(`^\d{16}\.log$`))
	index := filesBelow(t, filepath.Join(origin.Dir, "dedupe"), regexp.MustCompile(`.`))
	if len(logs) < 2 || len(index) == 0 {
		t.Fatalf("found the log files %v and the index files %v: the test does not know the data directory", logs, index)
	}
	for round := range 9 {
		name, lose := logs[round%len(logs)], size
		if round >= 6 {
			name, lose = index[rand.IntN(len(index))], 0
		}
		at := rand.Int64N(1 << 62)
		t.Run(fmt.Sprintf("%d %s", round, filepath.Base(filepath.Dir(name))), func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "data")
			if err := os.CopyFS(dir, os.DirFS(origin.Dir)); err != nil {
				t.Fatal(err)
			}
			where := flip(t, filepath.Join(dir, name), at)
			sink := testkit.NewSink(t)
			s := testkit.Start(t, testkit.Options{Dir: dir, Config: one(sink.URL("/hook"))})
			testkit.WaitFor(t, 60*time.Second, "the events to be delivered", func() (bool, string) {
				return sink.Distinct() >= len(sent)-lose, fmt.Sprintf("%d of %d; flipped %s", sink.Distinct(), len(sent), where)
			})
			idle(t, s, sink)
			missing := 0
			got := sink.Received()
			for id := range sent {
				if got[id] == 0 {
					missing++
				}
			}
			t.Logf("flipped %s: %d events missing", where, missing)
			if missing > lose {
				t.Errorf("%d events are missing", missing)
			}
			if missing > 0 && !strings.Contains(s.Logs(), "damage") {
				t.Errorf("%d events are missing and the server's log says nothing of damage", missing)
			}
			if len(got) > len(sent) {
				t.Errorf("%d events arrived, sent were %d", len(got), len(sent))
			}
			s.MustPost(t, "/v1/track", "wk_web", track("goes-on"))
			sink.Wait(t, 20*time.Second, "goes-on")
		})
	}
}

// filesBelow returns the files with contents, relative to root's parent data
// directory.
func filesBelow(t *testing.T, root string, name *regexp.Regexp) []string {
	t.Helper()
	base := root
	if filepath.Base(root) == "dedupe" {
		base = filepath.Dir(root)
	}
	var list []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !name.MatchString(d.Name()) {
			return err
		}
		if info, err := d.Info(); err != nil || info.Size() == 0 {
			return err
		}
		rel, err := filepath.Rel(base, path)
		list = append(list, rel)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// flip flips one bit in the part of the file that is in use: space prepared for
// later is zeros, and a bit there says little.
func flip(t *testing.T, name string, at int64) string {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	used := len(content)
	for used > 1 && content[used-1] == 0 {
		used--
	}
	bit := at % int64(used*8)
	content[bit/8] ^= 1 << (bit % 8)
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("bit %d of byte %d of %d in %s", bit%8, bit/8, used, name)
}
