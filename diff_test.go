package secant_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/secantdev/secant"
)

func TestSourceDiff(t *testing.T) {
	t.Parallel()
	a := &secant.Source{ID: "a", Name: "A", Type: "server", Enabled: true, Version: 1}
	b := &secant.Source{ID: "a", Name: "B", Type: "server", Enabled: true, Version: 2, WriteKeys: []string{}}
	for _, test := range []struct {
		name     string
		from, to *secant.Source
		want     []secant.FieldChange
	}{
		{"changed", a, b, []secant.FieldChange{{Field: "name", From: "A", To: "B"}}},
		{"the same", a, a, nil},
		{"created", nil, a, []secant.FieldChange{
			{Field: "name", To: "A"}, {Field: "type", To: "server"}, {Field: "writeKeys", To: []string{}},
			{Field: "enabled", To: true}, {Field: "rateLimit", To: 0}, {Field: "fromFile", To: false}}},
		{"nothing", nil, nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, test.from.Diff(test.to)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDestinationDiff(t *testing.T) {
	t.Parallel()
	a := &secant.Destination{ID: "d", Name: "D", Source: "s", Type: "webhook",
		Settings: map[string]any{"url": "x", "key": "old", "gone": true, "same": []any{1.0}}}
	b := &secant.Destination{ID: "d", Name: "D", Source: "s", Type: "webhook",
		Settings: map[string]any{"url": "y", "key": "new", "more": 2.0, "same": []any{1.0}}}
	secret := func(key string) bool { return key == "key" }
	want := []secant.FieldChange{
		{Field: "settings.gone", From: true},
		{Field: "settings.key", From: secant.FieldSecret, To: secant.FieldSecret},
		{Field: "settings.more", To: 2.0},
		{Field: "settings.url", From: "x", To: "y"},
	}
	if diff := cmp.Diff(want, a.Diff(b, secret)); diff != "" {
		t.Error(diff)
	}
	for _, c := range a.Diff(b, nil) {
		if c.From != nil && c.From != secant.FieldSecret || c.To != nil && c.To != secant.FieldSecret {
			t.Errorf("%s shows %v and %v although everything may be secret", c.Field, c.From, c.To)
		}
	}
	if got := a.Diff(nil, secret); len(got) != 9 || got[6].From != secant.FieldSecret {
		t.Errorf("deleted: got %+v", got)
	}
}
