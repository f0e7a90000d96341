package destination

import (
	"fmt"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/secantdev/secant"
	"golang.org/x/net/http/httpguts"
)

// maxText is the most bytes of one text in a setting.
const maxText = 64 << 10

// wrong is a FieldError about f, or about an entry of it.
func (f Field) wrong(entry, value, message string) *secant.FieldError {
	if f.secret() {
		value = ""
	}
	if len(value) > 80 {
		value = value[:77] + "..."
	}
	return &secant.FieldError{Field: "settings." + f.Key + entry, Value: value, Message: message}
}

// hint says what to put into f.
func (f Field) hint() string {
	switch f.Kind {
	case KindURL:
		return "Give an address that starts with https:// or http://"
	case KindURLs:
		return fmt.Sprintf("Give an address that starts with https:// or http://, or a list of up to %d", f.most())
	case KindNumber:
		return "Give a number"
	case KindBoolean:
		return "Give true or false"
	case KindSelect:
		return "Choose one of " + strings.Join(f.values(), ", ")
	case KindMap:
		return "Give names and values"
	case KindHeaders:
		return "Give header names and values"
	default:
		return "Give a text"
	}
}

func (f Field) values() []string {
	v := make([]string, len(f.Options))
	for i, o := range f.Options {
		v[i] = o.Value
	}
	return v
}

// most returns how many entries a list or map may have.
func (f Field) most() int {
	if f.Max != nil {
		return int(*f.Max)
	}
	if f.Kind == KindURLs {
		return 5
	}
	return 100
}

// normalise returns v as the Go type of f's kind, or nil when it is empty.
func (f Field) normalise(v any) (any, FieldErrors) {
	one := func(e *secant.FieldError) (any, FieldErrors) { return nil, FieldErrors{e} }
	switch f.Kind {
	case KindURLs:
		return f.urls(v)
	case KindMap, KindHeaders:
		return f.entries(v)
	case KindBoolean:
		switch b := v.(type) {
		case bool:
			return b, nil
		case string:
			if b == "true" || b == "false" {
				return b == "true", nil
			}
		}
		return one(f.wrong("", show(v), "must be true or false"))
	case KindNumber:
		return f.number(v)
	}
	s, ok := v.(string)
	if !ok {
		return one(f.wrong("", show(v), "must be a text"))
	}
	if f.Kind != KindSecret && f.Kind != KindText {
		s = strings.TrimSpace(s)
	}
	if s == "" {
		return nil, nil
	}
	if len(s) > maxText {
		return one(f.wrong("", s, fmt.Sprintf("must not be longer than %d bytes", maxText)))
	}
	switch f.Kind {
	case KindURL:
		if why := checkURL(s); why != "" {
			return one(f.wrong("", s, why))
		}
	case KindSelect:
		if !slices.Contains(f.values(), s) {
			return one(f.wrong("", s, "must be one of "+strings.Join(f.values(), ", ")))
		}
	case KindString:
		if strings.ContainsAny(s, "\r\n") {
			return one(f.wrong("", s, "must be one line"))
		}
	}
	return s, nil
}

func (f Field) urls(v any) (any, FieldErrors) {
	var list []string
	switch v := v.(type) {
	case string:
		list = []string{v}
	case []string:
		list = v
	case []any:
		for i, item := range v {
			s, ok := item.(string)
			if !ok {
				return nil, FieldErrors{f.wrong(fmt.Sprintf("[%d]", i), show(item), "must be an address in quotes")}
			}
			list = append(list, s)
		}
	default:
		return nil, FieldErrors{f.wrong("", show(v), "must be an address or a list of addresses")}
	}
	var errs FieldErrors
	var clean []string
	for i, s := range list {
		entry := ""
		if len(list) > 1 {
			entry = fmt.Sprintf("[%d]", i)
		}
		s = strings.TrimSpace(s)
		switch why := checkURL(s); {
		case s == "" && len(list) == 1:
		case why != "":
			errs = append(errs, f.wrong(entry, s, why))
		case slices.Contains(clean, s):
			errs = append(errs, f.wrong(entry, s, "is listed twice"))
		default:
			clean = append(clean, s)
		}
	}
	if n := f.most(); len(list) > n {
		errs = append(errs, f.wrong("", "", fmt.Sprintf("must not list more than %d addresses, but lists %d", n, len(list))))
	}
	switch {
	case len(errs) > 0 || len(clean) == 0:
		return nil, errs
	case len(clean) == 1:
		return clean[0], nil
	}
	return clean, nil
}

// Addresses returns the normal value of a KindURLs setting as a list.
func Addresses(v any) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []string:
		return v
	}
	return nil
}

func (f Field) number(v any) (any, FieldErrors) {
	var n float64
	switch v := v.(type) {
	case float64:
		n = v
	case int:
		n = float64(v)
	case int64:
		n = float64(v)
	case uint64:
		n = float64(v)
	case string:
		if strings.TrimSpace(v) == "" {
			return nil, nil
		}
		var err error
		if n, err = strconv.ParseFloat(strings.TrimSpace(v), 64); err != nil {
			return nil, FieldErrors{f.wrong("", v, "must be a number")}
		}
	default:
		return nil, FieldErrors{f.wrong("", show(v), "must be a number")}
	}
	switch {
	case math.IsNaN(n) || math.IsInf(n, 0):
		return nil, FieldErrors{f.wrong("", show(v), "must be a number")}
	case f.Min != nil && n < *f.Min:
		return nil, FieldErrors{f.wrong("", show(v), fmt.Sprintf("must be at least %v", *f.Min))}
	case f.Max != nil && n > *f.Max:
		return nil, FieldErrors{f.wrong("", show(v), fmt.Sprintf("must be at most %v", *f.Max))}
	}
	return n, nil
}

func (f Field) entries(v any) (any, FieldErrors) {
	m, err := stringMap(v)
	if err != nil {
		return nil, FieldErrors{f.wrong("", show(v), err.Error())}
	}
	var errs FieldErrors
	if n := f.most(); len(m) > n {
		errs = append(errs, f.wrong("", "", fmt.Sprintf("must not have more than %d entries, but has %d", n, len(m))))
	}
	clean := make(map[string]string, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		value := m[name]
		if f.Kind == KindHeaders {
			value = strings.TrimSpace(value)
			if why := checkHeader(name, value); why != "" {
				errs = append(errs, f.wrong("."+name, value, why))
			}
		}
		if len(value) > maxText {
			errs = append(errs, f.wrong("."+name, value, fmt.Sprintf("must not be longer than %d bytes", maxText)))
		}
		clean[name] = value
	}
	if len(errs) > 0 || len(clean) == 0 {
		return nil, errs
	}
	return clean, nil
}

// stringMap returns v as a map of texts. Numbers and booleans are taken as they
// would be written.
func stringMap(v any) (map[string]string, error) {
	switch v := v.(type) {
	case map[string]string:
		return v, nil
	case map[string]any:
		m := make(map[string]string, len(v))
		for name, value := range v {
			switch value := value.(type) {
			case string:
				m[name] = value
			case bool, int, int64, uint64, float64:
				m[name] = fmt.Sprint(value)
			default:
				return nil, fmt.Errorf("must map names to texts, but %s is none", name)
			}
		}
		return m, nil
	}
	return nil, fmt.Errorf("must map names to texts")
}

func checkURL(s string) string {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return "is no address; it must look like https://example.com/path"
	case u.Scheme == "":
		return "must start with https:// or http://"
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Sprintf("must start with https:// or http://, not %s:", u.Scheme)
	case u.Hostname() == "":
		return "has no host; it must look like https://example.com/path"
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.ParseUint(p, 10, 16); err != nil || n == 0 {
			return "has a port that is not between 1 and 65535"
		}
	}
	return ""
}

func checkHeader(name, value string) string {
	switch {
	case !httpguts.ValidHeaderFieldName(name):
		return "is no name for a header: use letters, digits and -"
	case hopHeader(name):
		return "is set by Secant and cannot be changed"
	case !httpguts.ValidHeaderFieldValue(value):
		return "has characters that a header cannot carry"
	}
	return ""
}

// show renders a value of an unexpected type for an error.
func show(v any) string { return fmt.Sprint(v) }
