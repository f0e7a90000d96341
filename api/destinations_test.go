package api_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/deliver"
	"github.com/secantdev/secant/destination"
)

// sink is a receiver of webhooks.
type sink struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	got    []http.Header
	bodies []string
}

func startSink(t *testing.T) *sink {
	k := &sink{status: http.StatusOK}
	k.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		k.mu.Lock()
		defer k.mu.Unlock()
		k.got, k.bodies = append(k.got, r.Header), append(k.bodies, string(body))
		w.WriteHeader(k.status)
		io.WriteString(w, "thanks")
	}))
	t.Cleanup(k.Close)
	return k
}

func (k *sink) last() (http.Header, string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.got) == 0 {
		return http.Header{}, ""
	}
	return k.got[len(k.got)-1], k.bodies[len(k.bodies)-1]
}

func TestDestinations(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.must("POST", "/api/sources", `{"slug":"shop","metadataId":"http"}`)
	s.must("POST", "/api/sources", `{"slug":"blog","metadataId":"http"}`)
	editor, viewer := secant.RoleEditor, secant.RoleViewer
	s.run([]scenario{
		{name: "as Segment's clients create one", as: editor, method: "POST", path: "/api/destinations",
			body:   `{"sourceId":"shop","metadataId":"webhook","enabled":false,"name":"Shop hook","settings":{"url":"https://example.com/hook"}}`,
			status: 200, want: []string{`"id":"shop-hook"`, `"sourceId":"shop"`, `"enabled":false`, `"url":"https://example.com/hook"`, `"method":"POST"`,
				`"metadata":{"id":"webhook","name":"Webhooks"`, `"supportedMethods":{"pageview":true`, `"presets":[]`, `"status":{"state":"paused"`, `"fields":[{"key":"url"`}},
		{name: "with an id", as: editor, method: "POST", path: "/api/destinations",
			body:   `{"id":"hook2","sourceId":"blog","metadataId":"webhook","settings":{"url":["http://127.0.0.1:9/"]}}`,
			status: 200, want: []string{`"id":"hook2"`, `"name":"Webhooks"`, `"enabled":true`}},
		{name: "without a source", as: editor, method: "POST", path: "/api/destinations", body: `{"metadataId":"webhook"}`, status: 422, want: []string{`"field":"sourceId"`}},
		{name: "of no source", as: editor, method: "POST", path: "/api/destinations", body: `{"sourceId":"nobody","metadataId":"webhook","settings":{"url":"https://example.com"}}`,
			status: 422, want: []string{`"field":"sourceId"`}},
		{name: "of no type", as: editor, method: "POST", path: "/api/destinations", body: `{"sourceId":"shop","metadataId":"fax","settings":{}}`,
			status: 422, want: []string{`"field":"metadataId"`, "/api/catalog/destinations"}},
		{name: "with wrong settings", as: editor, method: "POST", path: "/api/destinations",
			body:   `{"sourceId":"shop","metadataId":"webhook","settings":{"url":"nowhere","method":"GET","sharedsecret":"hush"}}`,
			status: 422, want: []string{`"field":"settings.url"`, `"field":"settings.method"`, `"field":"settings.sharedsecret"`, "did you mean sharedSecret?"}, not: []string{"hush"}},
		{name: "list", as: viewer, method: "GET", path: "/api/destinations", status: 200, want: []string{`"shop-hook"`, `"hook2"`, `"totalEntries":2`}},
		{name: "list of a source", as: viewer, method: "GET", path: "/api/destinations?source=blog", status: 200, want: []string{`"hook2"`}, not: []string{`"shop-hook"`}},
		{name: "list as Segment does", as: viewer, method: "GET", path: "/api/sources/blog/connected-destinations", status: 200, want: []string{`"hook2"`}, not: []string{`"shop-hook"`}},
		{name: "switch on and rename", as: editor, method: "PATCH", path: "/api/destinations/shop-hook", body: `{"enabled":true,"name":"Hook","version":1}`, status: 200,
			want: []string{`"enabled":true`, `"name":"Hook"`, `"version":2`, `"url":"https://example.com/hook"`}},
		{name: "change one setting", as: editor, method: "PATCH", path: "/api/destinations/shop-hook", body: `{"settings":{"method":"PUT"}}`, status: 200,
			want: []string{`"method":"PUT"`, `"url":"https://example.com/hook"`}},
		{name: "remove a setting that has a default", as: editor, method: "PATCH", path: "/api/destinations/shop-hook", body: `{"settings":{"method":null}}`, status: 200, want: []string{`"method":"POST"`}},
		{name: "remove a setting it needs", as: editor, method: "PATCH", path: "/api/destinations/shop-hook", body: `{"settings":{"url":null}}`, status: 422, want: []string{`"field":"settings.url"`, "required"}},
		{name: "change what changed meanwhile", as: editor, method: "PATCH", path: "/api/destinations/shop-hook", body: `{"enabled":false,"version":1}`, status: 409,
			want: []string{`"data":{"current":{"id":"shop-hook"`}},
		{name: "get", as: viewer, method: "GET", path: "/api/destinations/shop-hook", status: 200, want: []string{`{"data":{"destination":{"id":"shop-hook"`}},
		{name: "get nothing", as: viewer, method: "GET", path: "/api/destinations/nobody", status: 404},
		{name: "delete", as: editor, method: "DELETE", path: "/api/destinations/hook2", status: 200, want: []string{`{"status":"SUCCESS"}`}},
		{name: "delete again", as: editor, method: "DELETE", path: "/api/destinations/hook2", status: 404},
		{name: "catalog", as: viewer, method: "GET", path: "/api/catalog/destinations", status: 200, want: []string{`"destinationsCatalog":[{"id":"webhook"`, `"status":"PUBLIC"`, `"kind":"urls"`, `"pagination"`}},
		{name: "catalog entry", as: viewer, method: "GET", path: "/api/catalog/destinations/webhook", status: 200, want: []string{`{"data":{"destinationMetadata":{"id":"webhook"`}},
		{name: "no catalog entry", as: viewer, method: "GET", path: "/api/catalog/destinations/fax", status: 404},
		{name: "source catalog entry", as: viewer, method: "GET", path: "/api/catalog/sources/go", status: 200, want: []string{`{"data":{"sourceMetadata":{"id":"go"`}},
		{name: "no source catalog entry", as: viewer, method: "GET", path: "/api/catalog/sources/fax", status: 404},
	})
}

// A secret goes in and is used; no reply, log line or audit entry has it.
func TestSecretsStayInside(t *testing.T) {
	t.Parallel()
	s := start(t)
	k := startSink(t)
	everything := &strings.Builder{}
	send := func(method, path, body string) reply {
		r := s.must(method, path, body)
		everything.WriteString(r.text)
		return r
	}
	send("POST", "/api/sources", `{"slug":"shop","metadataId":"http"}`)
	created := send("POST", "/api/destinations", `{"id":"hook","sourceId":"shop","metadataId":"webhook","settings":{"url":"`+k.URL+`",
		"sharedSecret":"s3cret-one","headers":{"Authorization":"Bearer s3cret-two","X-Other":"s3cret-three"}}}`)
	for _, want := range []string{`"sharedSecret":"` + destination.Masked + `"`, `"Authorization":"` + destination.Masked + `"`} {
		if !strings.Contains(created.text, want) {
			t.Errorf("%s is not in %s", want, created.text)
		}
	}
	used := func() (signed bool, authorization string) {
		t.Helper()
		r := send("POST", "/api/destinations/hook/test", ``)
		if !strings.Contains(r.text, `"ok":true`) {
			t.Fatalf("test: %s", r.text)
		}
		h, _ := k.last()
		return h.Get("X-Signature") != "", h.Get("Authorization")
	}
	signed, auth := used()
	if !signed || auth != "Bearer s3cret-two" {
		t.Fatalf("signed %v, Authorization %q", signed, auth)
	}
	send("PATCH", "/api/destinations/hook", `{"name":"Hook","settings":{"url":["`+k.URL+`"],"sharedSecret":"`+destination.Masked+`","headers":{"Authorization":"`+destination.Masked+`","X-New":"s3cret-four"}}}`)
	if signed, auth := used(); !signed || auth != "Bearer s3cret-two" {
		t.Errorf("after sending the marker back: signed %v, Authorization %q", signed, auth)
	}
	if h, _ := k.last(); h.Get("X-Other") != "" || h.Get("X-New") != "s3cret-four" {
		t.Errorf("headers %v", h)
	}
	send("PATCH", "/api/destinations/hook", `{"settings":{"sharedSecret":null,"headers":{"Authorization":"Bearer s3cret-five"}}}`)
	if signed, auth := used(); signed || auth != "Bearer s3cret-five" {
		t.Errorf("after changing them: signed %v, Authorization %q", signed, auth)
	}
	draft := send("POST", "/api/destinations/hook/test", `{"settings":{"sharedSecret":"s3cret-six"},"event":{"type":"identify","messageId":"m1","userId":"u"}}`)
	if h, body := k.last(); h.Get("X-Signature") == "" || !strings.Contains(body, `"m1"`) {
		t.Errorf("test with a setting that is not saved: %v %s", h, draft.text)
	}
	if signed, _ := used(); signed {
		t.Error("a test saved its settings")
	}
	send("GET", "/api/destinations", "")
	send("GET", "/api/audit-events", "")
	send("GET", "/api/workspace", "")
	for _, text := range []string{everything.String(), s.logged.String()} {
		if i := strings.Index(text, "s3cret"); i >= 0 {
			t.Errorf("a secret got out: %s", text[max(0, i-200):min(len(text), i+50)])
		}
	}
}

func TestTryingADestination(t *testing.T) {
	t.Parallel()
	s := start(t)
	k := startSink(t)
	k.status = http.StatusForbidden
	s.must("POST", "/api/sources", `{"slug":"shop","metadataId":"http"}`)
	editor := secant.RoleEditor
	draft := `{"sourceId":"shop","metadataId":"webhook","settings":{"url":"` + k.URL + `"}`
	s.run([]scenario{
		{name: "refused", as: editor, method: "POST", path: "/api/destinations/test", body: draft + `}`, status: 200,
			want: []string{`"ok":false`, `"status":403`, `"body":"thanks"`, `"method":"POST"`, `"durationMs":`, `"reason":"403"`}},
		{name: "unreachable", as: editor, method: "POST", path: "/api/destinations/test", status: 200,
			body: `{"sourceId":"shop","metadataId":"webhook","settings":{"url":"http://127.0.0.1:1/"}}`, want: []string{`"ok":false`, `"response":null`}},
		{name: "an address inside", as: editor, method: "POST", path: "/api/destinations/test", status: 200,
			body: `{"sourceId":"shop","metadataId":"webhook","settings":{"url":"http://169.254.169.254/"}}`, want: []string{`"ok":false`}},
		{name: "settings that are wrong", as: editor, method: "POST", path: "/api/destinations/test", status: 422,
			body: `{"sourceId":"shop","metadataId":"webhook","settings":{}}`, want: []string{`"field":"settings.url"`}},
		{name: "an event that is none", as: editor, method: "POST", path: "/api/destinations/test", status: 422, body: draft + `,"event":{"type":"fax"}}`, want: []string{`"field":"event.type"`}},
		{name: "an event that is no object", as: editor, method: "POST", path: "/api/destinations/test", status: 422, body: draft + `,"event":[1]}`, want: []string{`"field":"event"`}},
		{name: "of no source", as: editor, method: "POST", path: "/api/destinations/test", status: 422, body: `{"sourceId":"nobody","metadataId":"webhook","settings":{}}`, want: []string{`"field":"sourceId"`}},
		{name: "that is not there", as: editor, method: "POST", path: "/api/destinations/nobody/test", status: 404},
		{name: "by a viewer", as: secant.RoleViewer, method: "POST", path: "/api/destinations/test", body: draft + `}`, status: 403},
	})
}

func TestDeadLetters(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.must("POST", "/api/sources", `{"slug":"shop","metadataId":"http"}`)
	s.must("POST", "/api/destinations", `{"id":"hook","sourceId":"shop","metadataId":"webhook","enabled":false,"settings":{"url":"http://127.0.0.1:1/"}}`)
	at := time.UnixMilli(1_700_000_000_000)
	var dead []deliver.DeadLetter
	for i, id := range []string{"0-1-0", "0-1-1", "0-1-2", "0-1-3"} {
		dead = append(dead, deliver.DeadLetter{FailedAt: at.Add(time.Duration(i) * time.Second), Parked: deliver.Parked{
			ID: id, Destination: "hook", Source: "shop", Type: secant.TypeTrack, Name: "Order", MessageID: "m" + id, Attempts: 12,
			ReceivedAt: at.UnixMilli(), Reason: "503", Error: "the destination answered 503", JSON: json.RawMessage(`{"event":"Order"}`)}})
	}
	err := s.store.Checkpoint(context.Background(), deliver.Checkpoint{Destination: "hook", Dead: dead,
		Counts: []secant.Count{{Minute: time.Now().Unix() / 60, Source: "shop", Type: secant.TypeTrack, Name: "Order", Destination: "hook", Outcome: secant.OutcomeFailed, Reason: "503", N: 4}}})
	if err != nil {
		t.Fatal(err)
	}
	viewer, editor := secant.RoleViewer, secant.RoleEditor
	base := "/api/destinations/hook/dead-letters"
	s.run([]scenario{
		{name: "counted", as: viewer, method: "GET", path: "/api/destinations/hook", status: 200, want: []string{`"failed":4`, `"deadLetters":4`}},
		{name: "list", as: viewer, method: "GET", path: base + "?pagination[count]=2", status: 200,
			want: []string{`"id":"0-1-3","at":"2023-11-14T22:13:23.000Z"`, `"attempts":12`, `"event":{"event":"Order"}`, `"reason":"503"`, `"type":"track"`, `"totalEntries":4`, `"next":"`},
			not:  []string{`"0-1-1"`}},
		{name: "of no destination", as: viewer, method: "GET", path: "/api/destinations/nobody/dead-letters", status: 404},
		{name: "resend one", as: editor, method: "POST", path: base + "/0-1-0/resend", status: 200, want: []string{`{"resent":1}`}},
		{name: "resend it again", as: editor, method: "POST", path: base + "/0-1-0/resend", status: 404},
		{name: "forget one", as: editor, method: "DELETE", path: base + "/0-1-1", status: 200, want: []string{`{"deleted":1}`}},
		{name: "forget it again", as: editor, method: "DELETE", path: base + "/0-1-1", status: 404},
		{name: "resend all", as: editor, method: "POST", path: base + "/resend", status: 200, want: []string{`{"resent":2}`}},
		{name: "none are left", as: viewer, method: "GET", path: base, status: 200, want: []string{`"deadLetters":[]`}},
		{name: "forget none", as: editor, method: "DELETE", path: base, status: 200, want: []string{`{"deleted":0}`}},
		{name: "the trail of it", as: secant.RoleAdmin, method: "GET", path: "/api/audit-events?resourceId=hook", status: 200, want: []string{`"dead_letters.resent"`, `"dead_letters.deleted"`}},
	})
}
