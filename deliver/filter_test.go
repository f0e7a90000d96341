package deliver

import (
	"encoding/json"
	"testing"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/destination"
)

func TestFilter(t *testing.T) {
	t.Parallel()
	f := newFilter(
		&secant.Destination{ID: "my-hook", Name: "My hook"},
		destination.Definition{Slug: "webhook", Name: "Webhooks", Types: []secant.EventType{secant.TypeTrack}},
	)
	const off, client = secant.ReasonByIntegrations, secant.ReasonSentClientSide
	for event, want := range map[string]secant.Reason{
		`{}`:                                                                  "",
		`{"integrations":{}}`:                                                 "",
		`{"integrations":null}`:                                               "",
		`{"integrations":"x"}`:                                                "",
		`{"integrations":{"All":false}}`:                                      off,
		`{"integrations":{"all":false}}`:                                      off,
		`{ "integrations" : { "All" : false } }`:                              off,
		`{"integrations":{"All":false,"Webhooks":true}}`:                      "",
		`{"integrations":{"All":false,"webhook":true}}`:                       "",
		`{"integrations":{"All":false,"My hook":{}}}`:                         "",
		`{"integrations":{"All":false,"my-hook":{"a":1}}}`:                    "",
		`{"integrations":{"All":false,"WEBHOOKS":true}}`:                      off,
		`{"integrations":{"Webhooks":false}}`:                                 off,
		`{"integrations":{"Webhooks":true,"my-hook":false}}`:                  off,
		`{"integrations":{"Webhooks":false,"my-hook":true}}`:                  "",
		`{"integrations":{"Amplitude":false}}`:                                "",
		`{"properties":{"integrations":{"All":false}}}`:                       "",
		`{"a":"\"","integrations":{"All":false}}`:                             off,
		`{"a":"\\","integrations":{"All":false}}`:                             off,
		`{"a":["]}",{"b":[1,2]}],"integrations":{"All":false}}`:               off,
		`{"a":-1.5e3,"b":true,"integrations":{"All":false}}`:                  off,
		`{"_metadata":{"bundled":["Segment.io"]}}`:                            "",
		`{"_metadata":{"bundled":["Segment.io","Webhooks"]}}`:                 client,
		`{"_metadata":{"bundled":["Webhooks"],"bundledIds":["other"]}}`:       "",
		`{"_metadata":{"bundled":["Webhooks"],"bundledIds":["my-hook"]}}`:     client,
		`{"_metadata":{"bundled":["Webhooks"]},"integrations":{"All":false}}`: client,
		`{"_metadata":{"bundled":7}}`:                                         "",
	} {
		if !json.Valid([]byte(event)) {
			t.Fatalf("%s is no JSON", event)
		}
		if got := f.check(secant.TypeTrack, []byte(event)); got != want {
			t.Errorf("%s: %q, want %q", event, got, want)
		}
	}
	if got := f.check(secant.TypePage, []byte(`{}`)); got != secant.ReasonUnsupportedType {
		t.Errorf("an event of another type: %q", got)
	}
}

// FuzzRouting: whatever the event, the members found are those a JSON decoder
// finds, and nothing panics.
func FuzzRouting(f *testing.F) {
	f.Add([]byte(`{"a":"x\\\"","integrations":{"All":false},"_metadata":{"bundled":[]},"z":[1,{"q":null}]}`))
	f.Add([]byte(`{"integrations`))
	f.Add([]byte(` { } `))
	f.Fuzz(func(t *testing.T, event []byte) {
		integrations, metadata := routing(event)
		var want map[string]json.RawMessage
		if json.Unmarshal(event, &want) != nil {
			return
		}
		if got := want["integrations"]; len(got) > 0 && string(got) != string(integrations) {
			t.Errorf("integrations %q, want %q", integrations, got)
		}
		if got := want["_metadata"]; len(got) > 0 && string(got) != string(metadata) {
			t.Errorf("_metadata %q, want %q", metadata, got)
		}
	})
}

func TestNames(t *testing.T) {
	t.Parallel()
	n := names{}
	if got := n.of(`Order \"X\" \u00e4`); got != `Order "X" ä` {
		t.Error(got)
	}
	long := ""
	for range 150 {
		long += "ä"
	}
	if got := n.of(long); len(got) != 200 {
		t.Errorf("%d bytes", len(got))
	}
	for i := range maxNames {
		n.of(string(rune(0x4e00 + i)))
	}
	if got := n.of("one too many"); got != secant.OtherNames {
		t.Error(got)
	}
}
