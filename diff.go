package secant

import (
	"maps"
	"reflect"
	"slices"
)

// Diff returns what changes when the source from becomes to, for people: the
// fields a person sets, in a stable order. Either may be nil: it came to be, or
// it goes.
func (s *Source) Diff(to *Source) []FieldChange {
	var d differ
	d.fields(s.fields(), to.fields())
	return d.changes
}

func (s *Source) fields() []namedValue {
	if s == nil {
		return nil
	}
	return []namedValue{
		{"name", s.Name}, {"type", string(s.Type)}, {"writeKeys", append([]string{}, s.WriteKeys...)},
		{"enabled", s.Enabled}, {"rateLimit", s.RateLimit}, {"fromFile", s.FromFile},
	}
}

// Diff returns what changes when the destination becomes to, like
// Source.Diff. The settings that secret names show as FieldSecret; nil makes
// all of them secret.
func (d *Destination) Diff(to *Destination, secret func(key string) bool) []FieldChange {
	var diff differ
	diff.fields(d.fields(), to.fields())
	diff.settings(d.settings(), to.settings(), secret)
	return diff.changes
}

func (d *Destination) fields() []namedValue {
	if d == nil {
		return nil
	}
	return []namedValue{
		{"name", d.Name}, {"source", d.Source}, {"type", d.Type},
		{"enabled", d.Enabled}, {"fromFile", d.FromFile},
	}
}

func (d *Destination) settings() map[string]any {
	if d == nil {
		return nil
	}
	return d.Settings
}

type namedValue struct {
	name  string
	value any
}

type differ struct{ changes []FieldChange }

func (d *differ) fields(from, to []namedValue) {
	for i := range max(len(from), len(to)) {
		var c FieldChange
		if from != nil {
			c.Field, c.From = from[i].name, from[i].value
		}
		if to != nil {
			c.Field, c.To = to[i].name, to[i].value
		}
		if !reflect.DeepEqual(c.From, c.To) {
			d.changes = append(d.changes, c)
		}
	}
}

func (d *differ) settings(from, to map[string]any, secret func(string) bool) {
	keys := slices.Collect(maps.Keys(from))
	for k := range to {
		if _, ok := from[k]; !ok {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	for _, k := range keys {
		a, inFrom := from[k]
		b, inTo := to[k]
		if inFrom == inTo && reflect.DeepEqual(a, b) {
			continue
		}
		c := FieldChange{Field: "settings." + k, From: a, To: b}
		if secret == nil || secret(k) {
			if c.From != nil {
				c.From = FieldSecret
			}
			if c.To != nil {
				c.To = FieldSecret
			}
		}
		d.changes = append(d.changes, c)
	}
}
