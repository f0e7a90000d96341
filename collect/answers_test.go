package collect_test

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"strings"
	"testing"

	secant "github.com/secantdev/secant"
	"github.com/secantdev/secant/collect"
)

func basic(s string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(s))
}

// TestWriteKeys has each place a write key can be in, and which one wins.
func TestWriteKeys(t *testing.T) {
	t.Parallel()
	const item = `{"type":"track","userId":"1","event":"E"%s}`
	one := func(own string) string { return fmt.Sprintf(item, own) }
	batch := func(own, body string) string { return `{"batch":[` + one(own) + `]` + body + `}` }
	tests := map[string]struct {
		path, body string
		headers    []string
		want       string // id of the source
	}{
		"single, body":                 {"/v1/track", one(`,"writeKey":"wk_web"`), nil, "web"},
		"single, Basic":                {"/v1/track", one(""), []string{basic("wk_web:")}, "web"},
		"Basic without a colon":        {"/v1/track", one(""), []string{basic("wk_web")}, "web"},
		"Basic with a password":        {"/v1/track", one(""), []string{basic("wk_web:secret")}, "web"},
		"basic in small letters":       {"/v1/track", one(""), []string{"Authorization: basic " + base64.StdEncoding.EncodeToString([]byte("wk_web:"))}, "web"},
		"Basic unpadded":               {"/v1/track", one(""), []string{"Authorization: Basic " + base64.RawStdEncoding.EncodeToString([]byte("wk_web"))}, "web"},
		"query":                        {"/v1/track?writeKey=wk_web", one(""), nil, "web"},
		"batch, body first":            {"/v1/batch", `{"writeKey":"wk_web",` + batch("", "")[1:], nil, "web"},
		"batch, body last":             {"/v1/b", batch("", `,"sentAt":"2026-08-01T10:00:00.000Z","writeKey":"wk_web"`), nil, "web"},
		"batch, Basic":                 {"/v1/import", batch("", ""), []string{basic("wk_web:")}, "web"},
		"batch, item":                  {"/v1/batch", batch(`,"writeKey":"wk_web"`, ""), nil, "web"},
		"batch, query":                 {"/v1/batch?writeKey=wk_web", batch("", ""), nil, "web"},
		"item over body":               {"/v1/batch", batch(`,"writeKey":"wk_web"`, `,"writeKey":"wk_server"`), nil, "web"},
		"body over query":              {"/v1/batch?writeKey=wk_server", batch("", `,"writeKey":"wk_web"`), nil, "web"},
		"query over Basic":             {"/v1/batch?writeKey=wk_web", batch("", ""), []string{basic("wk_server:")}, "web"},
		"body over Basic":              {"/v1/track", one(`,"writeKey":"wk_web"`), []string{basic("wk_server:")}, "web"},
		"Bearer names the caller":      {"/v1/track", one(`,"writeKey":"wk_web"`), []string{"Authorization: Bearer wk_server"}, "web"},
		"empty and null are absent":    {"/v1/batch", batch(`,"writeKey":null`, `,"writeKey":""`), []string{basic("wk_web:")}, "web"},
		"a key of two letters":         {"/v1/track", one(`,"writeKey":"WK"`), nil, "web"},
		"a number is no key":           {"/v1/track", one(`,"writeKey":1`), []string{basic("wk_web:")}, "web"},
		"the key of a switched off":    {"/v1/track", one(`,"writeKey":"wk_off"`), nil, "off"},
		"a key with a byte order mark": {"/v1/track", "\ufeff" + one(`,"writeKey":"wk_web"`), nil, "web"},
	}
	b := start(t)
	for name, test := range tests {
		r := b.one(t, test.path, test.body, test.headers...)
		if r.Source != test.want || r.Reason != "" {
			t.Errorf("%s: source %s, reason %q", name, r.Source, r.Reason)
		}
		if strings.Contains(string(r.JSON), "writeKey") {
			t.Errorf("%s: the key is kept: %s", name, r.JSON)
		}
	}
	if got := b.refusals.take(); len(got) != 0 {
		t.Errorf("refused %v", got)
	}
}

// TestAnswers has the whole table of statuses.
func TestAnswers(t *testing.T) {
	t.Parallel()
	const good = `{"type":"track","userId":"1","event":"E"}`
	long := strings.Repeat("x", 40<<10)
	strict := func(o *collect.Options) { o.StrictWriteKeys = true }
	tests := map[string]struct {
		change     func(*collect.Options)
		path, body string
		headers    []string
		status     int
		code       string // "" for success
		refused    []refusal
		records    int
	}{
		"invalid JSON":            {nil, "/v1/track", `{"a":`, []string{basic("wk_web:")}, 400, "invalid_json", []refusal{{"web", "wk_web", "bad_request", 1}}, 0},
		"empty body":              {nil, "/v1/batch", ``, []string{basic("wk_web:")}, 400, "invalid_json", []refusal{{"web", "wk_web", "bad_request", 1}}, 0},
		"nested too deep":         {nil, "/v1/track", `{"a":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`, nil, 400, "invalid_json", []refusal{{"", "", "bad_request", 1}}, 0},
		"an array":                {nil, "/v1/batch", `[` + good + `]`, nil, 400, "invalid_body", []refusal{{"", "", "bad_request", 1}}, 0},
		"a string":                {nil, "/v1/track", `"x"`, nil, 400, "invalid_body", []refusal{{"", "", "bad_request", 1}}, 0},
		"no batch":                {nil, "/v1/batch", good, nil, 400, "invalid_body", []refusal{{"", "", "bad_request", 1}}, 0},
		"batch is an object":      {nil, "/v1/batch", `{"batch":{}}`, nil, 400, "invalid_body", []refusal{{"", "", "bad_request", 1}}, 0},
		"no key":                  {nil, "/v1/track", good, nil, 400, "missing_write_key", []refusal{{"", "", "unknown_source", 1}}, 0},
		"no key in a batch":       {nil, "/v1/batch", `{"batch":[` + good + `,` + good + `]}`, nil, 400, "missing_write_key", []refusal{{"", "", "unknown_source", 2}}, 0},
		"empty key":               {nil, "/v1/track", `{"writeKey":"","userId":"1"}`, []string{basic(":")}, 400, "missing_write_key", []refusal{{"", "", "unknown_source", 1}}, 0},
		"key too short":           {nil, "/v1/track", good, []string{basic("x:")}, 400, "missing_write_key", []refusal{{"", "", "unknown_source", 1}}, 0},
		"Bearer only":             {nil, "/v1/track", good, []string{"Authorization: Bearer wk_web"}, 400, "missing_write_key", []refusal{{"", "", "unknown_source", 1}}, 0},
		"damaged Basic":           {nil, "/v1/track", good, []string{"Authorization: Basic ???"}, 400, "missing_write_key", []refusal{{"", "", "unknown_source", 1}}, 0},
		"empty batch":             {nil, "/v1/batch", `{"batch":[]}`, []string{basic("wk_web:")}, 200, "", []refusal{{"web", "wk_web", "empty_batch", 1}}, 0},
		"empty batch, no key":     {nil, "/v1/batch", `{"batch":[]}`, nil, 400, "missing_write_key", []refusal{{"", "", "unknown_source", 1}}, 0},
		"unknown key":             {nil, "/v1/track", good, []string{basic("nobody:")}, 200, "", []refusal{{"", "nobody", "unknown_source", 1}}, 0},
		"unknown key in a batch":  {nil, "/v1/batch", `{"batch":[` + good + `,` + good + `,1]}`, []string{basic("nobody:")}, 200, "", []refusal{{"", "nobody", "unknown_source", 3}}, 0},
		"unknown key, strict":     {strict, "/v1/track", good, []string{basic("nobody:")}, 401, "unknown_write_key", []refusal{{"", "nobody", "unknown_source", 1}}, 0},
		"unknown items, strict":   {strict, "/v1/batch", `{"batch":[{"writeKey":"nobody"},` + good + `],"writeKey":"wk_web"}`, nil, 200, "", []refusal{{"", "nobody", "unknown_source", 1}}, 1},
		"two unknown keys":        {nil, "/v1/batch", `{"batch":[{"writeKey":"nobody"},{"writeKey":"nobody"},{"writeKey":"noone"}]}`, nil, 200, "", []refusal{{"", "nobody", "unknown_source", 2}, {"", "noone", "unknown_source", 1}}, 0},
		"event too large":         {nil, "/v1/track", `{"userId":"1","event":"` + long + `"}`, []string{basic("wk_web:")}, 400, "payload_too_large", []refusal{{"web", "wk_web", "payload_too_large", 1}}, 0},
		"event just fits":         {nil, "/v1/track", `{"userId":"1","event":"` + strings.Repeat("x", 32_768-23-2) + `"}`, []string{basic("wk_web:")}, 200, "", nil, 1},
		"zipped, just fits":       {nil, "/v1/track", string(zipped([]byte(`{"userId":"1","event":"` + strings.Repeat("x", 32_768-23-2) + `"}`))), []string{basic("wk_web:"), "Content-Encoding: gzip"}, 200, "", nil, 1},
		"zipped, too large":       {nil, "/v1/track", string(zipped([]byte(`{"userId":"1","event":"` + long + `"}`))), []string{basic("wk_web:"), "Content-Encoding: gzip"}, 400, "payload_too_large", []refusal{{"web", "wk_web", "payload_too_large", 1}}, 0},
		"batch too large":         {nil, "/v1/batch", `{"batch":[` + good + strings.Repeat(" ", 520_000) + `]}`, []string{basic("wk_web:")}, 400, "payload_too_large", []refusal{{"web", "wk_web", "payload_too_large", 1}}, 0},
		"batch just fits":         {nil, "/v1/batch", `{"batch":[` + good + strings.Repeat(" ", 512_000-12-len(good)) + `]}`, []string{basic("wk_web:")}, 200, "", nil, 1},
		"damaged gzip":            {nil, "/v1/batch", "\x1f\x8bxxxxxxxxxxxxxx", []string{basic("wk_web:"), "Content-Encoding: gzip"}, 400, "invalid_gzip", []refusal{{"web", "wk_web", "bad_request", 1}}, 0},
		"gzip cut short":          {nil, "/v1/track", string(zipped([]byte(good)))[:30], []string{basic("wk_web:"), "Content-Encoding: gzip"}, 400, "invalid_gzip", []refusal{{"web", "wk_web", "bad_request", 1}}, 0},
		"GZIP in capitals":        {nil, "/v1/track", string(zipped([]byte(good))), []string{basic("wk_web:"), "Content-Encoding: GZIP"}, 200, "", nil, 1},
		"gzip only said":          {nil, "/v1/track", good, []string{basic("wk_web:"), "Content-Encoding: gzip"}, 200, "", nil, 1},
		"any content type":        {nil, "/v1/track", good, []string{basic("wk_web:"), "Content-Type: application/x-www-form-urlencoded"}, 200, "", nil, 1},
		"bad items beside good":   {nil, "/v1/batch", `{"batch":[1,null,"x",[],{},{"type":"nope"},` + good + `]}`, []string{basic("wk_web:")}, 200, "", nil, 7},
		"source switched off":     {nil, "/v1/track", good, []string{basic("wk_off:")}, 200, "", nil, 1},
		"context multiplied":      {nil, "/v1/batch", `{"context":{"x":"` + strings.Repeat("x", 100_000) + `"},"batch":[` + strings.Repeat(`{},`, 1000) + `{}]}`, []string{basic("wk_web:")}, 400, "payload_too_large", []refusal{{"web", "wk_web", "payload_too_large", 1}}, 0},
		"very long unknown key":   {nil, "/v1/track", `{"writeKey":"` + strings.Repeat("k", 500) + `"}`, nil, 200, "", []refusal{{"", strings.Repeat("k", 128), "unknown_source", 1}}, 0},
		"thousands of tiny items": {nil, "/v1/batch", `{"batch":[` + strings.Repeat(`{},`, 100_000) + `{}]}`, []string{basic("wk_web:")}, 200, "", nil, 100_001},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := start(t)
			if test.change != nil {
				b = start(t, test.change)
			}
			a := b.send(t, "POST", test.path, test.body, test.headers...)
			if a.status != test.status {
				t.Fatalf("%d %s, want %d", a.status, a.body, test.status)
			}
			if test.code == "" {
				if a.body != success || a.header.Get("Content-Type") != "application/json" {
					t.Errorf("success is %s %v", a.body, a.header)
				}
			} else if got := codeOf(t, a); got != test.code {
				t.Errorf("code %s, want %s", got, test.code)
			}
			if got := len(b.log.take()); got != test.records {
				t.Errorf("%d records, want %d", got, test.records)
			}
			if got := b.refusals.take(); !reflect.DeepEqual(got, test.refused) {
				t.Errorf("refused %v, want %v", got, test.refused)
			}
		})
	}
}

func TestManyEventsAreAllTaken(t *testing.T) {
	t.Parallel()
	b := start(t)
	item := func(i int) string {
		return fmt.Sprintf(`{"type":"track","userId":"u","event":"E","messageId":"m%d"}`, i)
	}
	items := make([]string, 2501)
	for i := range items {
		items[i] = item(i)
	}
	if a := b.send(t, "POST", "/v1/batch", `{"batch":[`+strings.Join(items, ",")+`]}`, basic("wk_web:")); a.status != 200 || a.body != success {
		t.Fatal(a.status, a.body)
	}
	recs := b.log.take()
	if len(recs) != len(items) {
		t.Fatalf("%d records", len(recs))
	}
	for i, r := range recs {
		if want := fmt.Sprintf("m%d", i); string(r.MessageID) != want || r.Reason != "" {
			t.Fatalf("record %d is %s, %q", i, r.MessageID, r.Reason)
		}
	}
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	b := start(t) // two requests a second, and the clock stands still
	body := `{"batch":[{"type":"track","userId":"1","event":"E"},{"type":"track","userId":"1","event":"E"}]}`
	for range 2 {
		if a := b.send(t, "POST", "/v1/batch", body, basic("wk_slow:")); a.status != 200 {
			t.Fatal(a.status, a.body)
		}
	}
	a := b.send(t, "POST", "/v1/batch", body, basic("wk_slow:"), "Origin: https://a.example")
	if a.status != 429 || codeOf(t, a) != "too_many_requests" || a.header.Get("Retry-After") != "1" || a.header.Get("X-RateLimit-Reset") != "1" ||
		a.header.Get("Access-Control-Expose-Headers") != "Retry-After, X-RateLimit-Reset" {
		t.Errorf("%d %s %v", a.status, a.body, a.header)
	}
	if got := b.refusals.take(); !reflect.DeepEqual(got, []refusal{{"slow", "wk_slow", "too_many_requests", 2}}) {
		t.Errorf("refused %v", got)
	}
	if n := len(b.log.take()); n != 4 {
		t.Errorf("%d records", n)
	}
	if a := b.send(t, "POST", "/v1/batch", body, basic("wk_web:")); a.status != 200 {
		t.Errorf("another source: %d", a.status)
	}
}

func TestUnavailable(t *testing.T) {
	t.Parallel()
	b := start(t)
	b.log.fail(fmt.Errorf("append: disk full: %w", secant.ErrUnavailable))
	a := b.send(t, "POST", "/v1/track", event, "Origin: https://a.example")
	if a.status != 503 || codeOf(t, a) != "unavailable" || a.header.Get("Retry-After") != "1" || a.header.Get("Access-Control-Allow-Origin") != "https://a.example" {
		t.Errorf("%d %s %v", a.status, a.body, a.header)
	}
	if a := b.send(t, "GET", "/v1/pixel/track?writeKey=wk_web&userId=1&event=E", ""); a.status != 200 || a.header.Get("Content-Type") != "image/gif" {
		t.Errorf("pixel: %d %v", a.status, a.header)
	}
	b.log.fail(nil)
	if a := b.send(t, "POST", "/v1/track", event); a.status != 200 {
		t.Errorf("did not recover: %d %s", a.status, a.body)
	}
}
