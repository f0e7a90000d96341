package e2e

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/secantdev/secant/internal/testkit"
)

// shop is the workspace file of the README, with the sink's address.
func shop(sink *testkit.Sink) string {
	return fmt.Sprintf(`sources:
  - {id: shop-web, name: Shop (web), type: javascript, writeKeys: [wk_shop_web]}
  - {id: shop-api, name: Shop (server), type: server, writeKeys: [wk_shop_api]}
destinations:
  - {id: shop-hook, source: shop-web, type: webhook, enabled: true, settings: {url: "%s", sharedSecret: s3cret}}
`, sink.URL("/hook"))
}

// TestSpine follows one event from the request to the signed webhook, the
// debugger and the counters.
func TestSpine(t *testing.T) {
	t.Parallel()
	sink := testkit.NewSink(t)
	s := testkit.Start(t, testkit.Options{Config: shop(sink)})
	s.MustPost(t, "/v1/t", "wk_shop_web", `{"timestamp":"2026-08-01T10:00:00.000Z","integrations":{},"userId":null,"anonymousId":"anon-1","event":"Order Completed","type":"track","properties":{"revenue":19.99},"context":{"library":{"name":"analytics.js","version":"next-1.84.1"}},"messageId":"spine-1","writeKey":"wk_shop_web","sentAt":"2026-08-01T10:00:00.010Z","_metadata":{"bundled":["Segment.io"],"unbundled":[],"bundledIds":[]},"mystery":7}`)
	s.MustPost(t, "/v1/track", "wk_shop_api", track("elsewhere-1"))
	d := sink.Wait(t, 15*time.Second, "spine-1")

	mac := hmac.New(sha1.New, []byte("s3cret"))
	mac.Write(d.Body)
	if got, want := d.Header.Get("X-Signature"), hex.EncodeToString(mac.Sum(nil)); got != want {
		t.Errorf("signature %q, want %q", got, want)
	}
	if ua := d.Header.Get("User-Agent"); !strings.HasPrefix(ua, "Secant/") {
		t.Errorf("user agent %q", ua)
	}
	if kind := d.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/json") {
		t.Errorf("content type %q", kind)
	}
	if d.Path != "/hook" {
		t.Errorf("path %q", d.Path)
	}
	var e map[string]any
	if err := json.Unmarshal(d.Body, &e); err != nil {
		t.Fatalf("%v in %s", err, d.Body)
	}
	for field, want := range map[string]any{
		"anonymousId": "anon-1", "event": "Order Completed", "type": "track", "messageId": "spine-1",
		"projectId": "shop-web", "version": 2.0, "mystery": 7.0,
		"originalTimestamp": "2026-08-01T10:00:00.000Z", "sentAt": "2026-08-01T10:00:00.010Z",
	} {
		if e[field] != want {
			t.Errorf("%s is %v, want %v", field, e[field], want)
		}
	}
	if _, ok := e["writeKey"]; ok {
		t.Error("the write key left the house")
	}
	if _, ok := e["_metadata"]; !ok {
		t.Error("_metadata is gone")
	}
	if ip := e["context"].(map[string]any)["ip"]; ip != "127.0.0.1" {
		t.Errorf("context.ip is %v", ip)
	}
	received, err := time.Parse("2006-01-02T15:04:05.000Z", fmt.Sprint(e["receivedAt"]))
	if err != nil || time.Since(received).Abs() > time.Minute {
		t.Errorf("receivedAt %v (%v)", e["receivedAt"], err)
	}
	// The client sent the event 10 ms after it happened, by its own clock.
	if want := received.Add(-10 * time.Millisecond).Format("2006-01-02T15:04:05.000Z"); e["timestamp"] != want {
		t.Errorf("timestamp %v, want %s", e["timestamp"], want)
	}

	events := s.Events(t, "source=shop-web")
	if len(events) != 1 || events[0].MessageID != "spine-1" || events[0].Name != "Order Completed" || events[0].Reason != "" {
		t.Errorf("the debugger has %+v", events)
	}
	testkit.WaitFor(t, 10*time.Second, "the delivery to be counted", func() (bool, string) {
		counts := s.Counts(t, "destination=shop-hook&by=day&group=outcome")
		return len(counts) == 1 && counts[0].Outcome == "delivered" && counts[0].N == 1, fmt.Sprint(counts)
	})
	if n := sink.Distinct(); n != 1 {
		t.Errorf("%d events arrived, want only the web source's", n)
	}
}

// TestOrderOfOneVisitor checks the promise of design: one visitor's events
// arrive in the order they were accepted.
func TestOrderOfOneVisitor(t *testing.T) {
	t.Parallel()
	sink := testkit.NewSink(t)
	s := testkit.Start(t, testkit.Options{Config: one(sink.URL("/hook"))})
	var want []string
	for i := range 60 {
		for _, who := range []string{"anna", "bert", "carl"} {
			id := fmt.Sprintf("%s-%02d", who, i)
			if who == "anna" {
				want = append(want, id)
			}
			s.MustPost(t, "/v1/track", "wk_web", fmt.Sprintf(`{"event":"E","anonymousId":%q,"messageId":%q}`, who, id))
		}
	}
	testkit.WaitFor(t, 20*time.Second, "all events", func() (bool, string) {
		return sink.Distinct() == 180, fmt.Sprint(sink.Distinct())
	})
	var got []string
	for _, d := range sink.Deliveries() {
		if id := testkit.MessageIDs(d.Body); len(id) == 1 && strings.HasPrefix(id[0], "anna") {
			got = append(got, id[0])
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("anna's events arrived as %v", got)
	}
}

// TestRepeatedMessage sends one messageId twice, across a restart too: the
// webhook gets it once, the counters say why.
func TestRepeatedMessage(t *testing.T) {
	t.Parallel()
	sink := testkit.NewSink(t)
	s := testkit.Start(t, testkit.Options{Config: one(sink.URL("/hook"))})
	s.MustPost(t, "/v1/track", "wk_web", track("again"))
	s.MustPost(t, "/v1/track", "wk_web", track("again"))
	s.Kill()
	s.Start()
	s.MustPost(t, "/v1/track", "wk_web", track("again"))
	s.MustPost(t, "/v1/track", "wk_web", track("last"))
	sink.Wait(t, 20*time.Second, "last")
	testkit.WaitFor(t, 10*time.Second, "two duplicates to be counted", func() (bool, string) {
		passed, duplicates, _, _ := counted(t, s)
		return passed == 2 && duplicates == 2, fmt.Sprint(passed, " passed, ", duplicates, " duplicates")
	})
	if n := sink.Received()["again"]; n != 1 && n != 2 { // a crash may repeat one delivery
		t.Errorf("the event arrived %d times", n)
	}
}

// TestInvalidEventIsSeen: an accepted event that cannot go on is answered 200,
// shown with its reason, counted, and not delivered.
func TestInvalidEventIsSeen(t *testing.T) {
	t.Parallel()
	sink := testkit.NewSink(t)
	s := testkit.Start(t, testkit.Options{Config: one(sink.URL("/hook"))})
	s.MustPost(t, "/v1/batch", "wk_web", `{"batch":[{"type":"track","userId":"u","messageId":"nameless"},`+
		track("fine")+`,{"type":"track","event":"E","messageId":"nobody"}]}`)
	sink.Wait(t, 15*time.Second, "fine")
	reasons := map[string]string{}
	for _, e := range s.Events(t, "source=web") {
		reasons[e.MessageID] = e.Reason
	}
	if reasons["nameless"] != "event_not_defined" || reasons["nobody"] != "no_user_anon_id" || reasons["fine"] != "" {
		t.Errorf("the debugger shows %v", reasons)
	}
	if n := sink.Distinct(); n != 1 {
		t.Errorf("%d events arrived, want 1", n)
	}
}

// TestWebhookMoods: whatever the webhook does for a while, the event arrives.
func TestWebhookMoods(t *testing.T) {
	t.Parallel()
	for name, mood := range map[string]testkit.Mode{"500": testkit.Fail, "429": testkit.Throttle, "cut": testkit.Cut, "hang": testkit.Hang} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sink := testkit.NewSink(t)
			sink.Set(mood)
			s := testkit.Start(t, testkit.Options{Config: one(sink.URL("/hook"))})
			s.MustPost(t, "/v1/track", "wk_web", track("patient"))
			testkit.WaitFor(t, 20*time.Second, "a first attempt", func() (bool, string) {
				return sink.Requests() > 0, "none"
			})
			sink.Set(testkit.OK)
			sink.Wait(t, 60*time.Second, "patient")
		})
	}
	t.Run("rejected", func(t *testing.T) {
		t.Parallel()
		sink := testkit.NewSink(t)
		sink.Set(testkit.Refuse)
		s := testkit.Start(t, testkit.Options{Config: one(sink.URL("/hook"))})
		s.MustPost(t, "/v1/track", "wk_web", track("unloved"))
		var letters struct {
			DeadLetters []struct{ MessageID, Reason string }
		}
		testkit.WaitFor(t, 20*time.Second, "a dead letter", func() (bool, string) {
			s.API(t, http.MethodGet, "/api/destinations/hook/dead-letters", nil, &letters)
			return len(letters.DeadLetters) == 1, fmt.Sprint(letters)
		})
		if got := letters.DeadLetters[0]; got.MessageID != "unloved" || got.Reason != "400" {
			t.Errorf("dead letter %+v", got)
		}
		if n := sink.Requests(); n != 1 {
			t.Errorf("%d attempts for an event that was rejected", n)
		}
		sink.Set(testkit.OK)
		s.API(t, http.MethodPost, "/api/destinations/hook/dead-letters/resend", struct{}{}, &struct{ Resent int }{})
		sink.Wait(t, 20*time.Second, "unloved")
	})
}
