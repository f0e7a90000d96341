package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/secantdev/secant/internal/testkit"
)

// TestNotes sends what Segment would have dropped: a batch of more than 2,500
// events and an event of more than 10,000 properties. All are kept, the debugger
// says so, and still does after a restart.
func TestNotes(t *testing.T) {
	t.Parallel()
	s := testkit.Start(t, testkit.Options{Config: one("http://127.0.0.1:1/")})
	var properties strings.Builder
	for i := range 10_001 {
		fmt.Fprintf(&properties, `,"p%d":1`, i)
	}
	s.MustPost(t, "/v1/batch", "wk_web", `{"batch":[{"type":"track","event":"Wide","userId":"u","messageId":"wide","properties":{`+properties.String()[1:]+`}}]}`)
	s.MustPost(t, "/v1/track", "wk_web", `{"event":"Usual","userId":"u","messageId":"usual"}`)
	// The batch uses up what the debugger shows of a second: the others first.
	testkit.WaitFor(t, 20*time.Second, "the first two events in the debugger", func() (bool, string) {
		n := len(s.Events(t, "source=web"))
		return n == 2, fmt.Sprint(n)
	})
	var batch strings.Builder
	for i := range 2501 {
		fmt.Fprintf(&batch, `,{"type":"track","event":"Many","userId":"u%d","messageId":"many-%d"}`, i%7, i)
	}
	s.MustPost(t, "/v1/batch", "wk_web", `{"batch":[`+batch.String()[1:]+`]}`)

	check := func() {
		t.Helper()
		notes := map[string]string{}
		testkit.WaitFor(t, 20*time.Second, "the events in the debugger", func() (bool, string) {
			var answer struct {
				Events []struct{ Name, Note, NoteText, Reason string }
			}
			s.API(t, "GET", "/api/events?limit=500", nil, &answer)
			for _, e := range answer.Events {
				notes[e.Name] = e.Note + "|" + e.Reason
				if (e.Note == "") != (e.NoteText == "") {
					t.Errorf("%s: note %q explained by %q", e.Name, e.Note, e.NoteText)
				}
			}
			return len(notes) == 3, fmt.Sprint(notes)
		})
		for name, want := range map[string]string{"Many": "large_batch|", "Wide": "shortened|", "Usual": "|"} {
			if notes[name] != want {
				t.Errorf("%s: note and reason %q, want %q", name, notes[name], want)
			}
		}
	}
	check()
	s.Stop()
	s.Start()
	check()
}
