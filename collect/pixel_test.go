package collect_test

import (
	"bytes"
	"encoding/base64"
	"image/gif"
	"net/url"
	"reflect"
	"strings"
	"testing"

	secant "github.com/secantdev/secant"
)

func TestPixel(t *testing.T) {
	t.Parallel()
	// >>>??? makes the two alphabets differ.
	const payload = `{"writeKey":"WK","userId":"u","event":"a>>>b???","properties":{"p":"ü"}}`
	std, web := base64.StdEncoding.EncodeToString([]byte(payload)), base64.URLEncoding.EncodeToString([]byte(payload))
	if !strings.Contains(std, "+") || !strings.HasSuffix(std, "=") {
		t.Fatal("the payload tests nothing")
	}
	queries := map[string]string{
		"standard":            "data=" + url.QueryEscape(std),
		"unpadded":            "data=" + url.QueryEscape(strings.TrimRight(std, "=")),
		"plus became a space": "data=" + strings.TrimRight(std, "="),
		"URL alphabet":        "data=" + url.QueryEscape(web),
		"URL, unpadded":       "data=" + strings.TrimRight(web, "="),
		"dotted":              "writeKey=WK&userId=u&event=a%3E%3E%3Eb%3F%3F%3F&properties.p=%C3%BC",
		"the last one holds":  "writeKey=WK&userId=x&userId=u&event=a%3E%3E%3Eb%3F%3F%3F&properties=1&properties.p=%C3%BC",
		"damaged parts":       "writeKey=WK&userId=u&event=a%3E%3E%3Eb%3F%3F%3F&properties.p=%C3%BC&x=%zz&=1&&properties.__proto__.y=1",
		"key beside data":     "writeKey=WK&data=" + base64.RawURLEncoding.EncodeToString([]byte(`{"userId":"u","event":"a>>>b???","properties":{"p":"ü"}}`)),
	}
	b := start(t)
	for name, query := range queries {
		for _, path := range []string{"/v1/pixel/track", "/v1/pixel/track/"} {
			image := b.send(t, "GET", path+"?"+query, "")
			checkImage(t, name, image)
			recs := b.log.take()
			if len(recs) != 1 {
				t.Fatalf("%s: %d records; refused %v", name, len(recs), b.refusals.take())
			}
			e := decode(t, recs[0])
			if recs[0].Type != secant.TypeTrack || recs[0].Reason != "" || e["userId"] != "u" || e["event"] != "a>>>b???" ||
				!reflect.DeepEqual(e["properties"], map[string]any{"p": "ü"}) || e["writeKey"] != nil {
				t.Errorf("%s: %s %q", name, recs[0].JSON, recs[0].Reason)
			}
		}
	}
	for _, kind := range secant.EventTypes() {
		checkImage(t, kind.String(), b.send(t, "GET", "/v1/pixel/"+kind.String()+"?writeKey=WK&userId=u&previousId=p&groupId=g&event=E", ""))
		if recs := b.log.take(); len(recs) != 1 || recs[0].Type != kind || recs[0].Reason != "" {
			t.Errorf("%s: %v", kind, recs)
		}
	}
}

// TestPixelAnswersAlways has the image for what cannot be collected, and the
// count.
func TestPixelAnswersAlways(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		path    string
		refused []refusal
	}{
		"nothing":      {"/v1/pixel/track", []refusal{{"", "", "unknown_source", 1}}},
		"not base64":   {"/v1/pixel/track?writeKey=WK&data=*", []refusal{{"web", "WK", "bad_request", 1}}},
		"not JSON":     {"/v1/pixel/track?data=e30x", []refusal{{"", "", "bad_request", 1}}},
		"unknown key":  {"/v1/pixel/track?writeKey=nobody", []refusal{{"", "nobody", "unknown_source", 1}}},
		"unknown type": {"/v1/pixel/purchase?writeKey=WK&userId=1", nil},
		"too large":    {"/v1/pixel/track?writeKey=WK&event=" + strings.Repeat("x", 40<<10), []refusal{{"web", "WK", "payload_too_large", 1}}},
		"huge":         {"/v1/pixel/track?writeKey=WK&event=" + strings.Repeat("x", 200<<10), []refusal{{"web", "WK", "payload_too_large", 1}}},
	}
	b := start(t)
	for name, test := range tests {
		checkImage(t, name, b.send(t, "GET", test.path, ""))
		if got := b.refusals.take(); !reflect.DeepEqual(got, test.refused) {
			t.Errorf("%s: refused %v, want %v", name, got, test.refused)
		}
		if n := len(b.log.take()); n != 0 {
			t.Errorf("%s: %d records", name, n)
		}
	}
	if a := b.send(t, "HEAD", "/v1/pixel/track?writeKey=WK&userId=1&event=E", ""); a.status != 200 || a.body != "" {
		t.Errorf("HEAD: %d %q", a.status, a.body)
	}
}

func checkImage(t *testing.T, name string, a answer) {
	t.Helper()
	if a.status != 200 || a.header.Get("Content-Type") != "image/gif" || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s: %d %v", name, a.status, a.header)
	}
	if g, err := gif.Decode(bytes.NewReader([]byte(a.body))); err != nil || g.Bounds().Dx() != 1 || g.Bounds().Dy() != 1 {
		t.Errorf("%s: not a dot: %v", name, err)
	} else if _, _, _, alpha := g.At(0, 0).RGBA(); alpha != 0 {
		t.Errorf("%s: the dot can be seen", name)
	}
}
