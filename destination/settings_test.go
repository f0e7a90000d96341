package destination_test

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/destination"
)

func ptr(n float64) *float64 { return &n }

var every = destination.Definition{
	Slug: "every", Name: "Every kind",
	Settings: []destination.Field{
		{Key: "name", Label: "Name", Kind: destination.KindString},
		{Key: "apiKey", Label: "Key", Kind: destination.KindSecret},
		{Key: "endpoint", Label: "Endpoint", Kind: destination.KindURL},
		{Key: "hooks", Label: "Hooks", Kind: destination.KindURLs, Max: ptr(2)},
		{Key: "size", Label: "Size", Kind: destination.KindNumber, Min: ptr(1), Max: ptr(10), Default: 5.0},
		{Key: "strict", Label: "Strict", Kind: destination.KindBoolean},
		{Key: "region", Label: "Region", Kind: destination.KindSelect, Options: []destination.Option{{Value: "eu", Label: "EU"}, {Value: "us", Label: "US"}}},
		{Key: "tags", Label: "Tags", Kind: destination.KindMap},
		{Key: "headers", Label: "Headers", Kind: destination.KindHeaders, Secret: true},
		{Key: "account", Label: "Account", Kind: destination.KindString, Required: true},
	},
}

func TestValidate(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		give map[string]any
		want map[string]any // besides account and the default size
		errs string
	}{
		"minimum":           {give: map[string]any{}},
		"trimmed":           {give: map[string]any{"name": "  a b "}, want: map[string]any{"name": "a b"}},
		"secret untouched":  {give: map[string]any{"apiKey": " k "}, want: map[string]any{"apiKey": " k "}},
		"empty is absent":   {give: map[string]any{"name": "", "endpoint": " ", "hooks": []any{}, "tags": map[string]any{}, "strict": nil}},
		"one address":       {give: map[string]any{"hooks": "https://a.example"}, want: map[string]any{"hooks": "https://a.example"}},
		"list of one":       {give: map[string]any{"hooks": []any{"https://a.example"}}, want: map[string]any{"hooks": "https://a.example"}},
		"two addresses":     {give: map[string]any{"hooks": []any{"https://a.example", "http://b.example:8080/x"}}, want: map[string]any{"hooks": []string{"https://a.example", "http://b.example:8080/x"}}},
		"number from form":  {give: map[string]any{"size": "7"}, want: map[string]any{"size": 7.0}},
		"number from YAML":  {give: map[string]any{"size": uint64(3)}, want: map[string]any{"size": 3.0}},
		"boolean":           {give: map[string]any{"strict": "true"}, want: map[string]any{"strict": true}},
		"map":               {give: map[string]any{"tags": map[string]any{"a": "b", "n": 1}}, want: map[string]any{"tags": map[string]string{"a": "b", "n": "1"}}},
		"three addresses":   {give: map[string]any{"hooks": []any{"https://a.example", "https://b.example", "https://c.example"}}, errs: "settings.hooks: must not list more than 2 addresses, but lists 3"},
		"same twice":        {give: map[string]any{"hooks": []any{"https://a.example", "https://a.example"}}, errs: `settings.hooks[1]: is listed twice (got "https://a.example")`},
		"bad in list":       {give: map[string]any{"hooks": []any{"https://a.example", 7}}, errs: `settings.hooks[1]: must be an address in quotes (got "7")`},
		"scheme":            {give: map[string]any{"endpoint": "ftp://a.example"}, errs: `settings.endpoint: must start with https:// or http://, not ftp: (got "ftp://a.example")`},
		"no scheme":         {give: map[string]any{"endpoint": "a.example"}, errs: `settings.endpoint: must start with https:// or http:// (got "a.example")`},
		"no host":           {give: map[string]any{"endpoint": "https:///x"}, errs: `settings.endpoint: has no host; it must look like https://example.com/path (got "https:///x")`},
		"port":              {give: map[string]any{"endpoint": "https://a.example:70000"}, errs: `settings.endpoint: has a port that is not between 1 and 65535 (got "https://a.example:70000")`},
		"too small":         {give: map[string]any{"size": 0.0}, errs: `settings.size: must be at least 1 (got "0")`},
		"too large":         {give: map[string]any{"size": 11.0}, errs: `settings.size: must be at most 10 (got "11")`},
		"no number":         {give: map[string]any{"size": "many"}, errs: `settings.size: must be a number (got "many")`},
		"no boolean":        {give: map[string]any{"strict": "yes"}, errs: `settings.strict: must be true or false (got "yes")`},
		"no option":         {give: map[string]any{"region": "mars"}, errs: `settings.region: must be one of eu, us (got "mars")`},
		"no text":           {give: map[string]any{"name": []any{1}}, errs: `settings.name: must be a text (got "[1]")`},
		"two lines":         {give: map[string]any{"name": "a\nb"}, errs: `settings.name: must be one line (got "a\nb")`},
		"secrets not shown": {give: map[string]any{"apiKey": 12345}, errs: `settings.apiKey: must be a text`},
		"header name":       {give: map[string]any{"headers": map[string]any{"X Y": "1"}}, errs: `settings.headers.X Y: is no name for a header: use letters, digits and -`},
		"header value":      {give: map[string]any{"headers": map[string]any{"X": "a\r\nb"}}, errs: `settings.headers.X: has characters that a header cannot carry`},
		"hop header":        {give: map[string]any{"headers": map[string]any{"content-length": "1"}}, errs: `settings.headers.content-length: is set by Secant and cannot be changed`},
		"typo":              {give: map[string]any{"endpiont": "x"}, errs: `settings.endpiont: is no setting of every; did you mean endpoint?`},
		"case":              {give: map[string]any{"apikey": "x"}, errs: `settings.apikey: is no setting of every; did you mean apiKey?`},
		"unknown":           {give: map[string]any{"zzz": "x"}, errs: `settings.zzz: is no setting of every; it has name, apiKey, endpoint, hooks, size, strict, region, tags, headers, account`},
		"missing":           {give: map[string]any{"account": ""}, errs: `settings.account: is required: give a text`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, ok := tt.give["account"]; !ok {
				tt.give["account"] = "acme"
			}
			got, err := every.Validate(tt.give)
			if tt.errs != "" {
				var list destination.FieldErrors
				if err == nil || err.Error() != tt.errs || !errors.As(err, &list) || !errors.Is(err, secant.ErrInvalid) {
					t.Fatalf("got  %v\nwant %s", err, tt.errs)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]any{"account": "acme", "size": 5.0}
			for k, v := range tt.want {
				want[k] = v
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %#v\nwant %#v", got, want)
			}
		})
	}
}

func TestValidateReportsEverythingAtOnce(t *testing.T) {
	t.Parallel()
	_, err := every.Validate(map[string]any{"size": "x", "region": "y", "zz": 1})
	var list destination.FieldErrors
	if !errors.As(err, &list) || len(list) != 4 {
		t.Errorf("got %v, want 4 errors", err)
	}
}

func TestSecretsAreMaskedAndComeBack(t *testing.T) {
	t.Parallel()
	old := map[string]any{"account": "acme", "apiKey": "k1", "headers": map[string]any{"A": "1", "B": "2"}}
	shown := every.Mask(old)
	want := map[string]any{"account": "acme", "apiKey": destination.Masked, "headers": map[string]any{"A": destination.Masked, "B": destination.Masked}}
	if !reflect.DeepEqual(shown, want) {
		t.Fatalf("masked: %v", shown)
	}
	shown["account"] = "umbrella"
	shown["headers"] = map[string]any{"A": destination.Masked, "C": "3", "D": destination.Masked}
	want = map[string]any{"account": "umbrella", "apiKey": "k1", "headers": map[string]any{"A": "1", "C": "3"}}
	if got := every.Unmask(shown, old); !reflect.DeepEqual(got, want) {
		t.Errorf("unmasked: %v", got)
	}
	if got := every.Unmask(map[string]any{"apiKey": destination.Masked}, nil); len(got) != 0 {
		t.Errorf("a mask without a secret behind it became %v", got)
	}
	if old["apiKey"] != "k1" {
		t.Error("Mask changed its argument")
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for give, want := range map[string]time.Duration{
		"": 0, "0": 0, "120": 2 * time.Minute, "1.5": 1500 * time.Millisecond, "-5": 0, "soon": 0, "NaN": 0,
		"99999999": 4 * time.Hour, "Inf": 4 * time.Hour,
		now.Add(90 * time.Second).Format(http.TimeFormat): 90 * time.Second,
		now.Add(-time.Hour).Format(http.TimeFormat):       0,
		now.Add(24 * time.Hour).Format(http.TimeFormat):   4 * time.Hour,
	} {
		if got := destination.RetryAfter(http.Header{"Retry-After": {give}}, now); got != want {
			t.Errorf("Retry-After: %s gives %v, want %v", give, got, want)
		}
	}
}

func TestCheckStatusQuotesTheAnswer(t *testing.T) {
	t.Parallel()
	err := destination.CheckStatus(&http.Response{StatusCode: 422}, []byte(strings.Repeat("ä", 1000)), time.Now())
	var status *destination.StatusError
	if !errors.As(err, &status) || len(status.Body) > 310 || !strings.HasSuffix(status.Body, "ä…") {
		t.Errorf("got %v", err)
	}
	if got := err.Error(); !strings.HasPrefix(got, "the destination answered 422: ä") {
		t.Error(got)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	defs := []destination.Definition{{Slug: "webhook"}, {Slug: "actions-slack"}}
	for _, slug := range []string{"webhook", "actions-webhook", "slack", "actions-slack"} {
		if _, ok := destination.Find(defs, slug); !ok {
			t.Errorf("no %s", slug)
		}
	}
	if _, ok := destination.Find(defs, "nothing"); ok {
		t.Error("found nothing")
	}
}
