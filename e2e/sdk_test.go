package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"testing"
	"time"

	"gopkg.in/segmentio/analytics-go.v3"

	"github.com/secantdev/secant/internal/testkit"
)

// TestGoSDK sends each call with Segment's own Go client; only the endpoint is
// changed.
func TestGoSDK(t *testing.T) {
	t.Parallel()
	sink := testkit.NewSink(t)
	s := testkit.Start(t, testkit.Options{Config: one(sink.URL("/hook"))})
	client, err := analytics.NewWithConfig("wk_web", analytics.Config{
		Endpoint: s.URL, BatchSize: 4, Interval: 50 * time.Millisecond,
		Logger:         analytics.StdLogger(log.New(io.Discard, "", 0)),
		Callback:       failures{t},
		DefaultContext: &analytics.Context{Extra: map[string]any{"plan": "gold"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 8, 1, 10, 0, 0, 123456789, time.FixedZone("CEST", 7200))
	for _, m := range []analytics.Message{
		analytics.Identify{MessageId: "go-identify", UserId: "1", Traits: analytics.NewTraits().SetEmail("a@example.com")},
		analytics.Track{MessageId: "go-track", UserId: "1", Event: "Signed Up", Timestamp: at, Properties: analytics.NewProperties().SetRevenue(1.5), Integrations: analytics.NewIntegrations().EnableAll()},
		analytics.Page{MessageId: "go-page", AnonymousId: "a", Name: "Home"},
		analytics.Screen{MessageId: "go-screen", AnonymousId: "a", Name: "Start"},
		analytics.Group{MessageId: "go-group", UserId: "1", GroupId: "g"},
		analytics.Alias{MessageId: "go-alias", UserId: "1", PreviousId: "0"},
	} {
		if err := client.Enqueue(m); err != nil {
			t.Fatalf("enqueue %T: %v", m, err)
		}
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"identify", "track", "page", "screen", "group", "alias"} {
		d := sink.Wait(t, 15*time.Second, "go-"+kind)
		var e struct {
			Type, OriginalTimestamp string
			Context                 struct {
				Library struct{ Name string }
				Plan    string
			}
		}
		if err := json.Unmarshal(d.Body, &e); err != nil {
			t.Fatal(err)
		}
		if e.Type != kind || e.Context.Library.Name != "analytics-go" || e.Context.Plan != "gold" {
			t.Errorf("%s: the batch's context is not merged: %s", kind, d.Body)
		}
		if kind == "track" && e.OriginalTimestamp != "2026-08-01T08:00:00.123Z" {
			t.Errorf("original timestamp %q", e.OriginalTimestamp)
		}
	}
}

// failures fails the test when the client gives up on a message.
type failures struct{ t *testing.T }

func (failures) Success(analytics.Message) {}

func (f failures) Failure(m analytics.Message, err error) {
	f.t.Error(fmt.Errorf("client gave up on %T: %w", m, err))
}
