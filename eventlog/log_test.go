package eventlog

import (
	"context"
	"fmt"
	"testing"

	"github.com/secantdev/secant"
)

// record returns a record of the given lane whose JSON holds id.
func record(lane uint32, id string) secant.Record {
	json := []byte(`{"messageId":"` + id + `","type":"track","event":"Order Completed"}`)
	at := len(`{"messageId":"`)
	return secant.Record{
		Source: "shop-web", Type: secant.TypeTrack, ReceivedAt: 1700000000000, Lane: lane,
		JSON: json, MessageID: json[at : at+len(id)],
	}
}

func mustOpen(t testing.TB, o Options) *Log {
	t.Helper()
	l, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// ids returns the ids of all records in the log, per partition in order.
func ids(t testing.TB, l *Log) [][]string {
	t.Helper()
	all := make([][]string, l.Partitions())
	for p := range all {
		r := l.Read(p, 0)
		for {
			c, ok, err := r.TryNext()
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				break
			}
			if err := c.Err(); err != nil {
				t.Fatal(err)
			}
			for _, rec := range c.Records() {
				all[p] = append(all[p], string(rec.MessageID))
			}
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func TestLogKeepsRecordsInOrder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	want := make([][]string, 4)
	for round := range 3 {
		l, err := Open(Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 10 {
			var recs []secant.Record
			for lane := range uint32(8) {
				id := fmt.Sprintf("%d-%d-%d", round, i, lane)
				recs = append(recs, record(lane, id))
				want[lane%4] = append(want[lane%4], id)
			}
			if err := l.Append(context.Background(), recs); err != nil {
				t.Fatal(err)
			}
		}
		if got := ids(t, l); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("round %d: got %v, want %v", round, got, want)
		}
		for p := range 4 {
			if first, next := l.Bounds(p); first != 1 || next != uint64(10*(round+1)+1) {
				t.Errorf("partition %d: bounds %d, %d", p, first, next)
			}
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
