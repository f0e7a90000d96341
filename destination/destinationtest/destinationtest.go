// Package destinationtest is the conformance suite of destinations: what every
// Definition must get right, whatever it talks to. A destination does not go
// into destination/all without a passing call to Run.
package destinationtest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/destination"
	"github.com/secantdev/secant/egress"
)

// Vendor says how a destination is reached in tests.
type Vendor struct {
	// Settings are valid settings that make it talk to the given address.
	Settings func(address string) map[string]any
	// Rejects are the statuses, besides CheckStatus' own, that the destination
	// means as a rejection; Retries the ones it retries though CheckStatus
	// would not. Both empty is the rule.
	Rejects, Retries []int
}

// Run checks a definition and its instances against a server that answers every
// status there is.
func Run(t *testing.T, d destination.Definition, v Vendor) {
	t.Run("Definition", func(t *testing.T) { definition(t, d) })
	t.Run("Settings", func(t *testing.T) { settings(t, d, v) })
	t.Run("Accepts", func(t *testing.T) { accepts(t, d, v) })
	t.Run("Statuses", func(t *testing.T) { statuses(t, d, v) })
	t.Run("RetryAfter", func(t *testing.T) { retryAfter(t, d, v) })
	t.Run("Unreachable", func(t *testing.T) { unreachable(t, d, v) })
	t.Run("Canceled", func(t *testing.T) { canceled(t, d, v) })
	t.Run("Concurrent", func(t *testing.T) { concurrent(t, d, v) })
}

var (
	slug = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)
	key  = regexp.MustCompile(`^[a-z][A-Za-z0-9]*$`)
)

// definition checks that d can be shown and stored.
func definition(t *testing.T, d destination.Definition) {
	if !slug.MatchString(d.Slug) || d.Name == "" || d.Category == "" || d.New == nil {
		t.Errorf("slug %q, name %q, category %q: want a slug, and no part missing", d.Slug, d.Name, d.Category)
	}
	if !strings.HasSuffix(d.Description, ".") {
		t.Errorf("the description %q is no sentence", d.Description)
	}
	seen := map[string]bool{}
	for _, f := range d.Settings {
		if !key.MatchString(f.Key) || seen[f.Key] || f.Label == "" {
			t.Errorf("field %q: the key must be camelCase and unique, the label must not be empty", f.Key)
		}
		seen[f.Key] = true
		if f.Kind == destination.KindSelect && len(f.Options) == 0 {
			t.Errorf("field %s has nothing to select", f.Key)
		}
		if f.Kind == destination.KindSecret && !f.Secret {
			t.Errorf("field %s is of kind secret and not marked Secret", f.Key)
		}
		if f.Required && f.Default != nil {
			t.Errorf("field %s is required and has a default", f.Key)
		}
	}
	if _, err := json.Marshal(d); err != nil {
		t.Errorf("the definition cannot be served: %v", err)
	}
}

// settings checks that validation is strict, idempotent and survives storage.
func settings(t *testing.T, d destination.Definition, v Vendor) {
	given := v.Settings("http://127.0.0.1:1")
	before := clone(t, given)
	normal, err := d.Validate(given)
	if err != nil {
		t.Fatalf("valid settings are refused: %v", err)
	}
	if !reflect.DeepEqual(clone(t, given), before) {
		t.Error("Validate changed its argument")
	}
	again, err := d.Validate(clone(t, normal))
	if err != nil || !reflect.DeepEqual(again, normal) {
		t.Errorf("normal settings, stored and validated again, became %v, %v; they were %v", again, err, normal)
	}
	given["notASetting"] = 1
	var errs destination.FieldErrors
	if _, err := d.Validate(given); !errors.As(err, &errs) || errs[len(errs)-1].Field != "settings.notASetting" {
		t.Errorf("an unknown setting gives %v", err)
	}
	for _, f := range d.Settings {
		if !f.Required {
			continue
		}
		without := maps.Clone(before)
		delete(without, f.Key)
		if _, err := d.Validate(without); !errors.Is(err, secant.ErrInvalid) {
			t.Errorf("without the required %s: %v", f.Key, err)
		}
	}
	masked := d.Mask(normal)
	text, err := json.Marshal(masked)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range d.SecretValues(normal) {
		if strings.Contains(string(text), s) {
			t.Error("masked settings show a secret")
		}
	}
	back, err := d.Validate(d.Unmask(clone(t, masked), normal))
	if err != nil || !reflect.DeepEqual(back, normal) {
		t.Errorf("settings masked and given back became %v, %v", back, err)
	}
}

// clone takes settings through JSON, as the store does.
func clone(t *testing.T, m map[string]any) map[string]any {
	t.Helper()
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var c map[string]any
	if err := json.Unmarshal(b, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// Open validates settings and returns an instance that may reach this machine,
// closed when the test ends.
func Open(t testing.TB, d destination.Definition, settings map[string]any) destination.Instance {
	t.Helper()
	normal, err := d.Validate(settings)
	if err != nil {
		t.Fatal(err)
	}
	client := egress.New(egress.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Version: "test"})
	t.Cleanup(client.Close)
	inst, err := d.New(destination.Env{
		Destination: "test", HTTP: client, Logger: slog.New(slog.DiscardHandler), Now: time.Now,
	}, normal)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := inst.Close(); err != nil {
			t.Error(err)
		}
	})
	return inst
}

// Event returns an event as the clean log holds it.
func Event(id string) destination.Event {
	return destination.Event{
		ID: id, Type: secant.TypeTrack, ReceivedAt: time.UnixMilli(1_700_000_000_000), Attempt: 1,
		JSON: []byte(`{"anonymousId":"a1","channel":"client","context":{"ip":"203.0.113.7"},"event":"Order Completed","integrations":{},` +
			`"messageId":"` + id + `","originalTimestamp":"2023-11-14T22:13:20.000Z","projectId":"shop","properties":{"revenue":25.5,"note":"ä \u2028 <b>"},` +
			`"receivedAt":"2023-11-14T22:13:20.000Z","sentAt":"2023-11-14T22:13:20.000Z","timestamp":"2023-11-14T22:13:20.000Z","type":"track","userId":"u1","version":2}`),
	}
}

// fates are what Send can say of one event.
const (
	accepted = "accepted"
	retried  = "retried"
	rejected = "rejected"
)

func fate(err error) string {
	var errs destination.Errors
	if errors.As(err, &errs) {
		err = errs[0]
	}
	var reject *destination.RejectError
	switch {
	case err == nil:
		return accepted
	case errors.As(err, &reject):
		return rejected
	}
	return retried
}

func server(t *testing.T, h http.HandlerFunc) *httptest.Server {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func accepts(t *testing.T, d destination.Definition, v Vendor) {
	var mu sync.Mutex
	requests := 0
	s := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("User-Agent") == "" {
			t.Error("a request says nothing about who makes it")
		}
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		requests++
	})
	inst := Open(t, d, v.Settings(s.URL))
	if inst.MaxBatch() < 1 {
		t.Fatalf("MaxBatch is %d", inst.MaxBatch())
	}
	var events []destination.Event
	for i := range min(inst.MaxBatch(), 3) {
		events = append(events, Event(string(rune('a'+i))))
	}
	if err := inst.Send(t.Context(), events); err != nil {
		t.Errorf("a healthy vendor: %v", err)
	}
	if requests == 0 {
		t.Error("nothing was sent")
	}
}

// statuses tries every status, so that a destination states only its exceptions.
func statuses(t *testing.T, d destination.Definition, v Vendor) {
	status := 0
	s := server(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
	inst := Open(t, d, v.Settings(s.URL))
	for status = 200; status < 600; status++ {
		if status == http.StatusSwitchingProtocols {
			continue
		}
		want := rejected
		switch err := destination.CheckStatus(&http.Response{StatusCode: status}, nil, time.Now()); {
		case has(v.Rejects, status):
		case has(v.Retries, status):
			want = retried
		default:
			want = fate(err)
		}
		err := inst.Send(t.Context(), []destination.Event{Event("m1")})
		if got := fate(err); got != want {
			t.Errorf("status %d: %s (%v), want %s", status, got, err, want)
		}
	}
}

func has(list []int, n int) bool {
	for _, v := range list {
		if v == n {
			return true
		}
	}
	return false
}

func retryAfter(t *testing.T, d destination.Definition, v Vendor) {
	s := server(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "17")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	err := Open(t, d, v.Settings(s.URL)).Send(t.Context(), []destination.Event{Event("m1")})
	var retry *destination.RetryError
	if !errors.As(err, &retry) || retry.After != 17*time.Second {
		t.Errorf("Retry-After: 17 became %#v", err)
	}
	if reason, ok := destination.Reason(err); !ok || reason != "429" {
		t.Errorf("a 429 is counted as %q", reason)
	}
}

func unreachable(t *testing.T, d destination.Definition, v Vendor) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	err = Open(t, d, v.Settings(address)).Send(t.Context(), []destination.Event{Event("m1")})
	if fate(err) != retried || egress.Reason(err) != secant.ReasonConnRefused {
		t.Errorf("a vendor that is not there: %v, counted as %s", err, egress.Reason(err))
	}
}

func canceled(t *testing.T, d destination.Definition, v Vendor) {
	asked := make(chan struct{}, 10)
	release := make(chan struct{})
	s := server(t, func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-release
	})
	defer close(release)
	inst := Open(t, d, v.Settings(s.URL))
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	if err := inst.Send(ctx, []destination.Event{Event("m1")}); fate(err) != retried {
		t.Errorf("a canceled Send: %v", err)
	}
}

// concurrent is for the race detector.
func concurrent(t *testing.T, d destination.Definition, v Vendor) {
	s := server(t, func(http.ResponseWriter, *http.Request) {})
	inst := Open(t, d, v.Settings(s.URL))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if err := inst.Send(t.Context(), []destination.Event{Event("m1")}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
