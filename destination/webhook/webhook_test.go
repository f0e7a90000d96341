package webhook_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/secantdev/secant/destination"
	"github.com/secantdev/secant/destination/destinationtest"
	"github.com/secantdev/secant/destination/webhook"
)

func TestConforms(t *testing.T) {
	t.Parallel()
	destinationtest.Run(t, webhook.Definition(), destinationtest.Vendor{
		Settings: func(address string) map[string]any {
			return map[string]any{
				"url": address, "sharedSecret": "s3cret", "headers": map[string]any{"Authorization": "Bearer hunter22"},
			}
		},
	})
}

// request is what a sink got.
type request struct {
	method, path string
	header       http.Header
	body         string
}

// sink answers status and remembers what it got.
func sink(t *testing.T, status int) (*httptest.Server, *[]request) {
	t.Helper()
	var all []request
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		all = append(all, request{r.Method, r.URL.RequestURI(), r.Header, string(b)})
		w.WriteHeader(status)
	}))
	t.Cleanup(s.Close)
	return s, &all
}

func send(t *testing.T, settings map[string]any, body string) error {
	t.Helper()
	e := destinationtest.Event("m1")
	if body != "" {
		e.JSON = []byte(body)
	}
	return destinationtest.Open(t, webhook.Definition(), settings).Send(t.Context(), []destination.Event{e})
}

func TestSendsTheEventAsItIs(t *testing.T) {
	t.Parallel()
	s, all := sink(t, 200)
	if err := send(t, map[string]any{"url": s.URL + "/hook?a=b%20c"}, ""); err != nil {
		t.Fatal(err)
	}
	r := (*all)[0]
	if r.method != "POST" || r.path != "/hook?a=b%20c" || r.body != string(destinationtest.Event("m1").JSON) {
		t.Errorf("%s %s\n%s", r.method, r.path, r.body)
	}
	if ct, ua := r.header.Get("Content-Type"), r.header.Get("User-Agent"); ct != "application/json" || ua != "Secant/test" {
		t.Errorf("Content-Type %q, User-Agent %q", ct, ua)
	}
	if _, ok := r.header["X-Signature"]; ok {
		t.Error("signed without a secret")
	}
}

func TestSignsTheBody(t *testing.T) {
	t.Parallel()
	// The vector is openssl's: printf %s "$body" | openssl dgst -sha1 -hmac s3cret
	const body = `{"type":"track","event":"Test","messageId":"m1","userId":"u1"}`
	const want = "ac990d2d864bdecf60b0b64a1bb2466e678cea0b"
	s, all := sink(t, 200)
	if err := send(t, map[string]any{"url": s.URL, "sharedSecret": "s3cret"}, body); err != nil {
		t.Fatal(err)
	}
	if got := (*all)[0].header.Get("X-Signature"); got != want {
		t.Errorf("X-Signature: %s, want %s", got, want)
	}
}

func TestHeadersAndMethodCanBeChosen(t *testing.T) {
	t.Parallel()
	s, all := sink(t, 204)
	err := send(t, map[string]any{
		"url": s.URL, "method": "PUT",
		"headers": map[string]any{"user-agent": "Mine/1", "Content-Type": "application/vnd.acme+json", "X-Team": "shop"},
	}, "")
	if err != nil {
		t.Fatal(err)
	}
	r := (*all)[0]
	if r.method != "PUT" || r.header.Get("User-Agent") != "Mine/1" || r.header.Get("X-Team") != "shop" ||
		r.header.Get("Content-Type") != "application/vnd.acme+json" {
		t.Errorf("%s %v", r.method, r.header)
	}
}

func TestOneOfSeveralAddressesIsEnough(t *testing.T) {
	t.Parallel()
	bad, badAsked := sink(t, 500)
	refusing, refusingAsked := sink(t, 400)
	good, goodAsked := sink(t, 200)
	spare, spareAsked := sink(t, 200)
	err := send(t, map[string]any{"url": []any{bad.URL, refusing.URL, good.URL, spare.URL}}, "")
	if err != nil {
		t.Errorf("though one accepted: %v", err)
	}
	if len(*badAsked) != 1 || len(*refusingAsked) != 1 || len(*goodAsked) != 1 || len(*spareAsked) != 0 {
		t.Errorf("asked %d, %d, %d, %d times", len(*badAsked), len(*refusingAsked), len(*goodAsked), len(*spareAsked))
	}
	var reject *destination.RejectError
	if err := send(t, map[string]any{"url": []any{refusing.URL, bad.URL}}, ""); err == nil || errors.As(err, &reject) {
		t.Errorf("one may accept later, but: %v", err)
	}
	if err := send(t, map[string]any{"url": []any{refusing.URL, refusing.URL + "/2"}}, ""); !errors.As(err, &reject) {
		t.Errorf("none will accept, but: %v", err)
	}
}

func TestDoesNotFollowRedirects(t *testing.T) {
	t.Parallel()
	elsewhere, asked := sink(t, 200)
	s := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	t.Cleanup(s.Close)
	err := send(t, map[string]any{"url": s.URL}, "")
	if err == nil || len(*asked) != 0 || !strings.Contains(err.Error(), "307") {
		t.Errorf("asked the other host %d times, %v", len(*asked), err)
	}
}
