package deliver_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/destination"
)

func TestTestShowsTheExchange(t *testing.T) {
	t.Parallel()
	r, s := newRig(t), newSink(t)
	s.set(func(w http.ResponseWriter, req *http.Request, _ got) bool {
		http.Error(w, "bad token "+req.Header.Get("X-Token"), http.StatusUnauthorized)
		return true
	})
	r.start()
	d := secant.Destination{Source: "shop", Type: "webhook", Settings: map[string]any{
		"url": s.URL, "sharedSecret": "s3cret", "headers": map[string]any{"X-Token": "hunter22"},
	}}
	res, err := r.engine.Test(t.Context(), d, nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.OK || !res.Retryable || res.Reason != "401" || res.Error != "the destination answered 401: bad token ••••" {
		t.Errorf("result: %+v", res)
	}
	if len(res.Exchanges) != 1 {
		t.Fatalf("%d exchanges", len(res.Exchanges))
	}
	e := res.Exchanges[0]
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "hunter22") || e.Response.Status != 401 || e.Request.Body != string(res.Event) || e.Request.Headers["X-Signature"] == nil {
		t.Errorf("exchange: %s", text)
	}
	for _, key := range []string{"anonymousId", "channel", "context", "event", "integrations", "messageId", "originalTimestamp",
		"projectId", "properties", "receivedAt", "sentAt", "timestamp", "type", "userId", "version"} {
		if !strings.Contains(string(res.Event), `"`+key+`":`) {
			t.Errorf("the sample has no %s", key)
		}
	}

	s.status(0)
	res, err = r.engine.Test(t.Context(), d, []byte(`{"type":"page","messageId":"m7"}`))
	if err != nil || !res.OK || res.Error != "" || s.events()[0].MessageID != "m7" {
		t.Errorf("result: %+v, %v", res, err)
	}
	if got := r.outcomes(""); len(got) != 0 {
		t.Errorf("a test is counted: %v", got)
	}
}

// A secret too short to be looked for is hidden where it is known to stand.
func TestTestHidesShortSecretsInHeaders(t *testing.T) {
	t.Parallel()
	r, s := newRig(t), newSink(t)
	r.start()
	res, err := r.engine.Test(t.Context(), secant.Destination{Source: "shop", Type: "webhook", Settings: map[string]any{
		"url": s.URL, "headers": map[string]any{"x-team": "7", "X-Shop": "abc"},
	}}, nil)
	if err != nil || !res.OK || len(res.Exchanges) != 1 {
		t.Fatalf("%+v, %v", res, err)
	}
	headers := res.Exchanges[0].Request.Headers
	for _, name := range []string{"X-Team", "X-Shop"} {
		if got := headers[name]; len(got) != 1 || got[0] != "••••" {
			t.Errorf("%s is shown as %q", name, got)
		}
	}
	if got := headers["Content-Type"]; len(got) != 1 || got[0] != "application/json" {
		t.Errorf("Content-Type is shown as %q", got)
	}
}

func TestTestRefusesWhatCannotBeSent(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	good := map[string]any{"url": "https://example.com"}
	for name, tt := range map[string]struct {
		d     secant.Destination
		event string
		want  string
	}{
		"type":     {secant.Destination{Type: "nothing"}, "", "type: "},
		"settings": {secant.Destination{Type: "webhook"}, "", "settings.url: is required"},
		"no JSON":  {secant.Destination{Type: "webhook", Settings: good}, "{", "event: must be an event"},
		"no type":  {secant.Destination{Type: "webhook", Settings: good}, "{}", "event.type: must be track"},
	} {
		var event []byte
		if tt.event != "" {
			event = []byte(tt.event)
		}
		_, err := r.engine.Test(t.Context(), tt.d, event)
		var field *secant.FieldError
		if !errors.As(err, &field) || !errors.Is(err, secant.ErrInvalid) || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var fields destination.FieldErrors
	if _, err := r.engine.Test(t.Context(), secant.Destination{Type: "webhook"}, nil); !errors.As(err, &fields) {
		t.Errorf("wrong settings: %v", err)
	}
}

func TestTestDoesNotReachInside(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.start()
	for _, address := range []string{"http://[::1]:1/", "http://169.254.169.254/latest/meta-data", "http://10.0.0.1/", "http://0x7f000001/"} {
		res, err := r.engine.Test(t.Context(), secant.Destination{Type: "webhook", Settings: map[string]any{"url": address}}, nil)
		if err != nil || res.OK || res.Reason != secant.ReasonConnRefused || !strings.Contains(res.Error, "not allowed") {
			t.Errorf("%s: %+v, %v", address, res, err)
		}
	}
}
