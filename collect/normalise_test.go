package collect_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	secant "github.com/secantdev/secant"
	"github.com/secantdev/secant/collect"
)

// decode returns a record's event.
func decode(t testing.TB, r secant.Record) map[string]any {
	t.Helper()
	var e map[string]any
	if err := json.Unmarshal(r.JSON, &e); err != nil {
		t.Fatalf("%s: %v", r.JSON, err)
	}
	return e
}

// at returns what lies at a dotted path, nil when nothing does.
func at(e map[string]any, path string) any {
	var v any = e
	for key := range strings.SplitSeq(path, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[key]
	}
	return v
}

// TestNormalise has the leniency that real SDKs need and the merging of
// envelopes: what is sent as an item, besides an id and a name, and what is
// found at a path afterwards (nil: nothing).
func TestNormalise(t *testing.T) {
	t.Parallel()
	object := map[string]any{}
	tests := map[string]struct {
		item, envelope, path string
		want                 any
	}{
		"userId null":                     {`"userId":null`, ``, "userId", nil},
		"userId empty":                    {`"userId":""`, ``, "userId", nil},
		"userId a number":                 {`"userId":42`, ``, "userId", "42"},
		"userId a large number":           {`"userId":12345678901234567890`, ``, "userId", "12345678901234567890"},
		"userId a fraction":               {`"userId":1.50`, ``, "userId", "1.5"},
		"userId with an exponent":         {`"userId":1e3`, ``, "userId", "1000"},
		"userId minus zero":               {`"userId":-0`, ``, "userId", "0"},
		"groupId a number":                {`"groupId":7`, ``, "groupId", "7"},
		"previousId null":                 {`"previousId":null`, ``, "previousId", nil},
		"messageId a number":              {`"messageId":7`, ``, "messageId", "7"},
		"messageId over 100 characters":   {`"messageId":"` + strings.Repeat("m", 150) + `"`, ``, "messageId", strings.Repeat("m", 150)},
		"properties null":                 {`"properties":null`, ``, "properties", nil},
		"properties []":                   {`"properties":[]`, ``, "properties", object},
		"properties as they are":          {`"properties":{"a":[],"b":null}`, ``, "properties", map[string]any{"a": []any{}, "b": nil}},
		"traits []":                       {`"traits":[]`, ``, "traits", object},
		"traits stay on a track":          {`"traits":{"a":1}`, ``, "traits.a", 1.0},
		"context absent":                  {``, ``, "context", object},
		"context null":                    {`"context":null`, ``, "context", object},
		"context []":                      {`"context":[]`, ``, "context", object},
		"context text":                    {`"context":"x"`, ``, "context", object},
		"context.page []":                 {`"context":{"page":[],"x":1}`, ``, "context", map[string]any{"page": object, "x": 1.0}},
		"context.unknown []":              {`"context":{"unknown":[]}`, ``, "context.unknown", []any{}},
		"integrations absent":             {``, ``, "integrations", object},
		"integrations null":               {`"integrations":null`, ``, "integrations", object},
		"integrations []":                 {`"integrations":[]`, ``, "integrations", object},
		"integrations all":                {`"integrations":{"all":false,"A":true}`, ``, "integrations", map[string]any{"All": false, "A": true}},
		"integrations all beside All":     {`"integrations":{"all":false,"All":true}`, ``, "integrations", map[string]any{"all": false, "All": true}},
		"integrations.A []":               {`"integrations":{"A":[]}`, ``, "integrations.A", object},
		"snake case is unknown":           {`"anonymous_id":"x"`, ``, "anonymous_id", "x"},
		"unknown fields stay":             {`"email":"a@b.c"`, ``, "email", "a@b.c"},
		"unknown nulls stay":              {`"_x":null`, ``, "version", 2.0},
		"_metadata stays":                 {`"_metadata":{"bundled":["A"]}`, ``, "_metadata.bundled", []any{"A"}},
		"projectId is the server's":       {`"projectId":"mine"`, ``, "projectId", "server"},
		"version is the server's":         {`"version":1`, ``, "version", 2.0},
		"receivedAt is the server's":      {`"receivedAt":"2001-01-01T00:00:00Z"`, ``, "receivedAt", "2026-08-01T10:00:01.000Z"},
		"channel by the source":           {``, ``, "channel", "server"},
		"channel as sent":                 {`"channel":"mobile"`, ``, "channel", "mobile"},
		"channel from the context":        {`"context":{"channel":"browser"}`, ``, "channel", "browser"},
		"no timestamp":                    {``, ``, "timestamp", "2026-08-01T10:00:01.000Z"},
		"no timestamp, original":          {`"originalTimestamp":"2001-01-01T00:00:00Z"`, ``, "originalTimestamp", "2026-08-01T10:00:01.000Z"},
		"no timestamp, late clock":        {`"sentAt":"2001-01-01T00:00:00Z"`, ``, "timestamp", "2026-08-01T10:00:01.000Z"},
		"timestamp not a time":            {`"timestamp":"yesterday","sentAt":"2026-08-01T10:00:00Z"`, ``, "timestamp", "2026-08-01T10:00:01.000Z"},
		"timestamp without sentAt":        {`"timestamp":"2026-08-01T11:59:59+02:00"`, ``, "timestamp", "2026-08-01T09:59:59.000Z"},
		"timestamp, sentAt not a time":    {`"timestamp":"2026-08-01T09:59:59Z","sentAt":"soon"`, ``, "timestamp", "2026-08-01T09:59:59.000Z"},
		"timestamp corrected":             {`"timestamp":"2020-01-01T00:00:00Z","sentAt":"2020-01-01T00:00:10Z"`, ``, "timestamp", "2026-08-01T09:59:51.000Z"},
		"timestamp corrected to later":    {`"timestamp":"2020-01-01T00:00:10Z","sentAt":"2020-01-01T00:00:00Z"`, ``, "timestamp", "2026-08-01T10:00:11.000Z"},
		"timestamp corrected, original":   {`"timestamp":"2020-01-01T00:00:00Z","sentAt":"2020-01-01T00:00:10Z"`, ``, "originalTimestamp", "2020-01-01T00:00:00.000Z"},
		"timestamp in seconds":            {`"timestamp":1785578400`, ``, "timestamp", "2026-08-01T10:00:00.000Z"},
		"timestamp at the end of time":    {`"timestamp":"9999-12-31T00:00:00Z","sentAt":"0001-01-01T00:00:00Z"`, ``, "timestamp", "9999-12-31T00:00:00.000Z"},
		"sentAt of the envelope":          {`"timestamp":"2020-01-01T00:00:00Z"`, `"sentAt":"2020-01-01T00:00:10Z"`, "timestamp", "2026-08-01T09:59:51.000Z"},
		"sentAt of the item first":        {`"timestamp":"2020-01-01T00:00:00Z","sentAt":"2020-01-01T00:00:01Z"`, `"sentAt":"2020-01-01T00:00:10Z"`, "timestamp", "2026-08-01T10:00:00.000Z"},
		"sentAt of the envelope is noted": {``, `"sentAt":"2020-01-01T02:00:10+02:00"`, "sentAt", "2020-01-01T00:00:10.000Z"},
		"envelope's messageId is its own": {`"messageId":"m"`, `"messageId":"batch"`, "messageId", "m"},
		"context merged":                  {`"context":{"a":1,"o":{"x":1}}`, `"context":{"b":2,"a":3,"o":{"x":2,"y":3}}`, "context", map[string]any{"a": 1.0, "b": 2.0, "o": map[string]any{"x": 1.0, "y": 3.0}}},
		"context of the envelope":         {``, `"context":{"library":{"name":"x"}}`, "context", map[string]any{"library": map[string]any{"name": "x"}}},
		"null gives way to the envelope":  {`"context":{"a":null}`, `"context":{"a":3}`, "context", map[string]any{"a": 3.0}},
		"[] gives way to the envelope":    {`"context":{"library":[]}`, `"context":{"library":{"name":"x"}}`, "context.library.name", "x"},
		"text wins over an object":        {`"context":{"a":"t"}`, `"context":{"a":{"b":1}}`, "context.a", "t"},
		"merged deeply":                   {`"context":{"a":{"b":{"c":{"d":{"e":{"f":{"g":1}}}}}}}`, `"context":{"a":{"b":{"c":{"d":{"y":1}}},"z":{"y":{"x":{"w":{"v":{"u":[1]}}}}}}}`, "context.a.z.y.x.w.v.u", []any{1.0}},
		"envelope's context a list":       {`"context":{"a":1}`, `"context":[]`, "context", map[string]any{"a": 1.0}},
		"integrations merged":             {`"integrations":{"A":true}`, `"integrations":{"A":false,"all":false}`, "integrations", map[string]any{"A": true, "All": false}},
		"all and All are one":             {`"integrations":{"all":true}`, `"integrations":{"All":false}`, "integrations", map[string]any{"All": true}},
		"repeated keys: the last":         {`"a":1,"a":2`, ``, "a", 2.0},
		"repeated keys inside":            {`"properties":{"a":1,"b":{"c":1,"c":2},"a":3}`, ``, "properties", map[string]any{"a": 3.0, "b": map[string]any{"c": 2.0}}},
		"__proto__ goes":                  {`"properties":{"__proto__":{"x":1},"a":1}`, ``, "properties", map[string]any{"a": 1.0}},
		"escaped keys are known":          {`"user\u0049d":"u"`, ``, "userId", "u"},
		"broken UTF-8":                    {"\"properties\":{\"a\":\"\xff\"}", ``, "properties.a", "\ufffd"},
		"unusual spaces":                  {"\n\"properties\" : {\t\"a\" :\r\n 1 } ", ``, "properties", map[string]any{"a": 1.0}},
	}
	b := start(t)
	for name, test := range tests {
		item := `{"type":"track","anonymousId":"anon","event":"E"`
		if test.item != "" {
			item += "," + test.item
		}
		body := `{"batch":[` + item + `}]`
		if test.envelope != "" {
			body += "," + test.envelope
		}
		r := b.one(t, "/v1/batch", body+"}", basic("wk_server:"))
		if r.Reason != "" {
			t.Errorf("%s: reason %q", name, r.Reason)
		}
		if strings.ContainsAny(string(r.JSON), "\n\r\t") {
			t.Errorf("%s: not one line: %s", name, r.JSON)
		}
		if got := at(decode(t, r), test.path); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %s is %v, want %v, in %s", name, test.path, got, test.want, r.JSON)
		}
	}
}

func TestReasonsOfItems(t *testing.T) {
	t.Parallel()
	tests := map[string]secant.Reason{
		`{"type":"track","event":"E"}`:                                secant.ReasonNoUserAnonID,
		`{"type":"track","userId":null,"anonymousId":"","event":"E"}`: secant.ReasonNoUserAnonID,
		`{"type":"track","userId":"1","event":""}`:                    secant.ReasonEventNotDefined,
		`{"type":"track","userId":"1","event":5}`:                     secant.ReasonEventNotString,
		`{"type":"track","userId":"1","event":"E","properties":[1]}`:  secant.ReasonPropsNotObject,
		`{"type":"identify","userId":"1","traits":"x"}`:               secant.ReasonTraitsNotObject,
		`{"type":"page","userId":"1","name":""}`:                      "",
		`{"type":"page","userId":"1","name":5}`:                       secant.ReasonNameNotString,
		`{"type":"screen","userId":"1","category":5}`:                 secant.ReasonCategoryNot,
		`{"type":"group","userId":"1"}`:                               secant.ReasonIDRequired,
		`{"type":"alias","userId":"1"}`:                               secant.ReasonIDRequired,
		`{"type":"alias","previousId":"1"}`:                           secant.ReasonIDRequired,
		`{"type":"identify","userId":{}}`:                             secant.ReasonIDNotString,
		`{"type":"Track","userId":"1","event":"E"}`:                   secant.ReasonBadRequest,
		`{"userId":"1"}`:     secant.ReasonBadRequest,
		`null`:               secant.ReasonBadRequest,
		`[{"type":"track"}]`: secant.ReasonBadRequest,
		`{"type":"identify","userId":"1","context":{"device":{"advertisingId":1}}}`:                       secant.ReasonAdvertisingID,
		`{"type":"identify","userId":"1","context":{"consent":{}}}`:                                       secant.ReasonConsentMissing,
		`{"type":"identify","userId":"1","context":{"consent":{"categoryPreferences":"x"}}}`:              secant.ReasonConsentObject,
		`{"type":"identify","userId":"1","context":{"consent":{"categoryPreferences":{"a":1}}}}`:          secant.ReasonConsentBool,
		`{"type":"identify","userId":"1","context":{"consent":{"categoryPreferences":{"a":true}}}}`:       "",
		`{"type":"identify","userId":"1","context":{"consent":{"categoryPreferences":{},"version":"2"}}}`: secant.ReasonConsentVersion,
		`{"type":"track","userId":"1","event":"` + strings.Repeat("x", 40<<10) + `"}`:                     secant.ReasonTooLarge,
	}
	b := start(t)
	for item, want := range tests {
		r := b.one(t, "/v1/batch", `{"batch":[`+item+`]}`, basic("wk_server:"))
		if r.Reason != want || (r.Type == secant.TypeUnknown) != (want == secant.ReasonBadRequest) {
			t.Errorf("%.100s: reason %q, type %s; want %q", item, r.Reason, r.Type, want)
		}
		if !json.Valid(r.JSON) || r.ReceivedAt != arrival.UnixMilli() || r.Source != "server" {
			t.Errorf("%.100s: record %+v", item, r)
		}
	}
}

func TestConsentOfTheEnvelope(t *testing.T) {
	t.Parallel()
	b := start(t)
	r := b.one(t, "/v1/batch", `{"batch":[{"type":"identify","userId":"1"}],"context":{"consent":{"categoryPreferences":{"a":1}},"device":{"advertisingId":1}}}`, basic("wk_server:"))
	if r.Reason != secant.ReasonAdvertisingID {
		t.Errorf("reason %q", r.Reason)
	}
}

func TestPropertiesOverTheLimit(t *testing.T) {
	t.Parallel()
	var props strings.Builder
	for i := range 10_500 {
		fmt.Fprintf(&props, `"p%d":{"n":%d} , `, i, i)
	}
	b := start(t)
	r := b.one(t, "/v1/batch", `{"batch":[{"type":"track","userId":"1","event":"E","properties":{`+strings.TrimRight(props.String(), ", ")+`}}]}`, basic("wk_server:"))
	got := at(decode(t, r), "properties").(map[string]any)
	if len(got) != 10_000 || got["p9999"] == nil || got["p10000"] != nil || r.Reason != "" {
		t.Errorf("%d properties, reason %q", len(got), r.Reason)
	}
}

func TestRecordFacts(t *testing.T) {
	t.Parallel()
	b := start(t)
	send := func(item string) secant.Record {
		return b.one(t, "/v1/batch", `{"batch":[`+item+`]}`, basic("wk_server:"))
	}
	r := send(`{"type":"track","userId":"1","event":"A \"q\"","messageId":"m-1"}`)
	if string(r.Name) != `A \"q\"` || string(r.MessageID) != "m-1" {
		t.Errorf("name %s, id %s", r.Name, r.MessageID)
	}
	if r := send(`{"type":"page","userId":"1","name":"Home"}`); string(r.Name) != "Home" || len(r.MessageID) != 36 {
		t.Errorf("page: name %s, id %s", r.Name, r.MessageID)
	}
	if r := send(`{"type":"identify","userId":"1","name":"Home","event":"E"}`); len(r.Name) != 0 {
		t.Errorf("identify: name %s", r.Name)
	}
	if r := send(`{"nope":1,"messageId":"m-2","writeKey":"wk_server"}`); string(r.MessageID) != "m-2" || string(r.JSON) != `{"nope":1,"messageId":"m-2"}` {
		t.Errorf("no event: %s, id %s", r.JSON, r.MessageID)
	}
	lane := func(item string) uint32 { return send(item).Lane }
	anon := lane(`{"type":"page","anonymousId":"a"}`)
	if lane(`{"type":"track","anonymousId":"a","userId":"u","event":"E"}`) != anon || lane(`{"type":"page","anonymousId":"\u0061"}`) != anon {
		t.Error("one visitor, two lanes")
	}
	if lane(`{"type":"identify","userId":"a"}`) != anon {
		t.Error("without an anonymousId the userId names the lane")
	}
	if lane(`{"type":"identify","userId":"5"}`) != lane(`{"type":"identify","userId":5}`) {
		t.Error("the number and its text are one visitor")
	}
	if lane(`{"type":"identify","userId":"b"}`) == anon {
		t.Error("two visitors, one lane")
	}
}

func TestVisitor(t *testing.T) {
	t.Parallel()
	proxies := func(o *collect.Options) {
		o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	}
	direct, behind := start(t), start(t, proxies)
	tests := map[string]struct {
		b         *bench
		key       string
		context   string
		headers   []string
		ip, agent any
	}{
		"web":                            {direct, "wk_web", `{}`, []string{"User-Agent: Mozilla/5.0"}, "127.0.0.1", "Mozilla/5.0"},
		"app":                            {direct, "wk_app", `{}`, []string{"User-Agent: Shop/1"}, "127.0.0.1", "Shop/1"},
		"an SDK is no visitor":           {direct, "wk_app", `{}`, []string{"User-Agent: analytics-ios/1.5"}, "127.0.0.1", nil},
		"server":                         {direct, "wk_server", `{}`, []string{"User-Agent: curl"}, nil, nil},
		"server, direct":                 {direct, "wk_server", `{"direct":true}`, []string{"User-Agent: curl"}, "127.0.0.1", nil},
		"server, direct false":           {direct, "wk_server", `{"direct":false}`, nil, nil, nil},
		"given values stay":              {direct, "wk_web", `{"ip":"0.0.0.0","userAgent":"x"}`, []string{"User-Agent: y"}, "0.0.0.0", "x"},
		"empty values stay":              {direct, "wk_web", `{"ip":"","userAgent":""}`, []string{"User-Agent: y"}, "", ""},
		"null is absent":                 {direct, "wk_web", `{"ip":null,"userAgent":null,"a":1}`, []string{"User-Agent: y"}, "127.0.0.1", "y"},
		"numbers are absent":             {direct, "wk_web", `{"a":1,"ip":1,"userAgent":{}}`, []string{"User-Agent: y"}, "127.0.0.1", "y"},
		"agents are escaped":             {direct, "wk_web", `{}`, []string{`User-Agent: a"b\c`}, "127.0.0.1", `a"b\c`},
		"not believed":                   {direct, "wk_web", `{}`, []string{"X-Forwarded-For: 198.51.100.7"}, "127.0.0.1", nil},
		"one proxy":                      {behind, "wk_web", `{}`, []string{"X-Forwarded-For: 198.51.100.7"}, "198.51.100.7", nil},
		"chain of proxies":               {behind, "wk_web", `{}`, []string{"X-Forwarded-For: 203.0.113.9, 198.51.100.7, 10.1.2.3"}, "198.51.100.7", nil},
		"chain in two headers":           {behind, "wk_web", `{}`, []string{"X-Forwarded-For: 203.0.113.9", "X-Forwarded-For: 198.51.100.7,10.1.2.3 "}, "198.51.100.7", nil},
		"all trusted":                    {behind, "wk_web", `{}`, []string{"X-Forwarded-For: 10.9.9.9, 10.1.2.3"}, "10.9.9.9", nil},
		"nonsense ends the chain":        {behind, "wk_web", `{}`, []string{"X-Forwarded-For: 198.51.100.7, unknown, 10.1.2.3"}, "10.1.2.3", nil},
		"with ports":                     {behind, "wk_web", `{}`, []string{"X-Forwarded-For: 198.51.100.7:4711, [fd00::1]:80"}, "198.51.100.7", nil},
		"IPv6 is not collected":          {behind, "wk_web", `{}`, []string{"X-Forwarded-For: 2001:db8::1"}, nil, nil},
		"IPv4 in IPv6 is IPv4":           {behind, "wk_web", `{}`, []string{"X-Forwarded-For: ::ffff:198.51.100.7"}, "198.51.100.7", nil},
		"nothing forwarded, proxy's own": {behind, "wk_web", `{}`, nil, "127.0.0.1", nil},
	}
	for name, test := range tests {
		e := decode(t, test.b.one(t, "/v1/identify", `{"userId":"1","writeKey":"`+test.key+`","context":`+test.context+`}`, test.headers...))
		if ip, agent := at(e, "context.ip"), at(e, "context.userAgent"); ip != test.ip || agent != test.agent {
			t.Errorf("%s: ip %v, userAgent %v; want %v, %v", name, ip, agent, test.ip, test.agent)
		}
	}
	// The envelope can say it for all.
	e := decode(t, direct.one(t, "/v1/batch", `{"batch":[{"type":"identify","userId":"1"}],"context":{"ip":"1.2.3.4","userAgent":"x"}}`, basic("wk_web:")))
	if at(e, "context.ip") != "1.2.3.4" || at(e, "context.userAgent") != "x" {
		t.Errorf("envelope: %v", e["context"])
	}
}
