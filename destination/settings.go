package destination

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/secantdev/secant"
)

// FieldErrors are all the things wrong with some settings, in the order of the
// definition's fields, then the unknown keys by name. It matches
// secant.ErrInvalid, and errors.As finds the first *secant.FieldError.
type FieldErrors []*secant.FieldError

// Error lists them, separated by "; ".
func (e FieldErrors) Error() string {
	s := make([]string, len(e))
	for i, f := range e {
		s[i] = f.Error()
	}
	return strings.Join(s, "; ")
}

// Unwrap returns them one by one.
func (e FieldErrors) Unwrap() []error {
	errs := make([]error, len(e))
	for i, f := range e {
		errs[i] = f
	}
	return errs
}

// Find returns the definition with this slug among defs. The prefix "actions-"
// that Segment gives to its newer destinations is optional.
func Find(defs []Definition, slug string) (Definition, bool) {
	i := slices.IndexFunc(defs, func(d Definition) bool {
		return d.Slug == slug || strings.TrimPrefix(d.Slug, "actions-") == strings.TrimPrefix(slug, "actions-")
	})
	if i < 0 {
		return Definition{}, false
	}
	return defs[i], true
}

// Field returns the field with this key.
func (d Definition) Field(key string) (Field, bool) {
	i := slices.IndexFunc(d.Settings, func(f Field) bool { return f.Key == key })
	if i < 0 {
		return Field{}, false
	}
	return d.Settings[i], true
}

// Validate checks settings, as decoded from JSON or YAML, and returns them in
// normal form: every value of the Go type of its kind, defaults filled in,
// empty optional values left out. The error is FieldErrors with fields named
// "settings.<key>". It does not change its argument and is idempotent.
func (d Definition) Validate(settings map[string]any) (map[string]any, error) {
	var errs FieldErrors
	normal := make(map[string]any, len(d.Settings))
	for _, f := range d.Settings {
		v, given := settings[f.Key]
		if given && v != nil {
			n, bad := f.normalise(v)
			if len(bad) > 0 {
				errs = append(errs, bad...)
				continue
			}
			if n != nil {
				normal[f.Key] = n
				continue
			}
		}
		switch {
		case f.Default != nil:
			normal[f.Key] = f.Default
		case f.Required:
			errs = append(errs, f.wrong("", "", "is required: "+lowerFirst(f.hint())))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		if _, ok := d.Field(key); !ok {
			errs = append(errs, &secant.FieldError{Field: "settings." + key, Message: d.unknown(key)})
		}
	}
	if len(errs) > 0 {
		return nil, errs
	}
	return normal, nil
}

// Secrets returns the keys of the settings whose values must not be shown, in
// the order of the definition. The value of such a setting is a string, or a
// map whose every value is one.
func (d Definition) Secrets() []string {
	var keys []string
	for _, f := range d.Settings {
		if f.secret() {
			keys = append(keys, f.Key)
		}
	}
	return keys
}

// Masked stands for a secret in settings that are shown. Given back, it means
// the secret that is already there.
const Masked = "••••••"

// Mask returns a copy of settings in which every secret is Masked.
func (d Definition) Mask(settings map[string]any) map[string]any {
	shown := maps.Clone(settings)
	for _, key := range d.Secrets() {
		switch v := shown[key].(type) {
		case nil:
		case map[string]any:
			m := make(map[string]any, len(v))
			for name := range v {
				m[name] = Masked
			}
			shown[key] = m
		case map[string]string:
			m := make(map[string]string, len(v))
			for name := range v {
				m[name] = Masked
			}
			shown[key] = m
		case string:
			if v != "" {
				shown[key] = Masked
			}
		default:
			shown[key] = Masked
		}
	}
	return shown
}

// Unmask returns a copy of settings in which every Masked value is replaced by
// the one in old. Where old has none the value is left out, so that Validate
// finds a required secret missing instead of storing the mask.
func (d Definition) Unmask(settings, old map[string]any) map[string]any {
	full := maps.Clone(settings)
	for _, key := range d.Secrets() {
		switch v := full[key].(type) {
		case string:
			if v != Masked {
				break
			}
			if was, ok := old[key]; ok {
				full[key] = was
			} else {
				delete(full, key)
			}
		case map[string]any:
			was, _ := stringMap(old[key])
			m := make(map[string]any, len(v))
			for name, value := range v {
				if value != Masked {
					m[name] = value
				} else if s, ok := was[name]; ok {
					m[name] = s
				}
			}
			full[key] = m
		}
	}
	return full
}

// SecretValues returns the texts of all secrets in settings, for redaction.
func (d Definition) SecretValues(settings map[string]any) []string {
	var values []string
	for _, key := range d.Secrets() {
		if s, ok := settings[key].(string); ok {
			values = append(values, s)
		} else if m, err := stringMap(settings[key]); err == nil {
			values = slices.AppendSeq(values, maps.Values(m))
		}
	}
	return slices.DeleteFunc(values, func(s string) bool { return s == "" })
}

// SecretHeaders returns the names of the headers in settings whose values are
// secret, for redaction: a value may be too short to be looked for.
func (d Definition) SecretHeaders(settings map[string]any) []string {
	var names []string
	for _, f := range d.Settings {
		if f.Kind != KindHeaders || !f.secret() {
			continue
		}
		if m, err := stringMap(settings[f.Key]); err == nil {
			names = slices.AppendSeq(names, maps.Keys(m))
		}
	}
	return names
}

func (f Field) secret() bool { return f.Secret || f.Kind == KindSecret }

func (d Definition) unknown(key string) string {
	keys := make([]string, len(d.Settings))
	for i, f := range d.Settings {
		keys[i] = f.Key
	}
	if near := nearest(key, keys); near != "" {
		return "is no setting of " + d.Slug + "; did you mean " + near + "?"
	}
	if len(keys) == 0 {
		return "is no setting of " + d.Slug + ", which has none"
	}
	return "is no setting of " + d.Slug + "; it has " + strings.Join(keys, ", ")
}

// nearest returns the key that a mistyped one was most likely meant to be, or
// nothing when none is close.
func nearest(typed string, keys []string) string {
	best, distance := "", 1+len(typed)/3
	for _, k := range keys {
		if n := editDistance(strings.ToLower(typed), strings.ToLower(k)); n <= distance && (best == "" || n < distance) {
			best, distance = k, n
		}
	}
	return best
}

// editDistance is Levenshtein's, with one row of memory.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// hopHeaders are set by the client for each connection; a setting cannot.
var hopHeaders = []string{
	"Host", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Upgrade", "Te", "Trailer",
	"Proxy-Connection", "Expect",
}

func hopHeader(name string) bool { return slices.Contains(hopHeaders, http.CanonicalHeaderKey(name)) }
