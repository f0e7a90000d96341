package workspacefile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/secantdev/secant"
)

// Export writes the workspace as a document: lists by id, keys in the order in
// which people read them, secrets as references. Equal workspaces give equal
// bytes.
func Export(w *secant.Workspace, schema Schema) []byte {
	var b bytes.Buffer
	for _, s := range sections() {
		items := s.export(w, schema)
		b.WriteString(s.key + ":")
		writeYAML(&b, items, 1)
	}
	return b.Bytes()
}

// pairs is a mapping with an order.
type pairs []pair

type pair struct {
	key   string
	value any
}

func exportSources(w *secant.Workspace, _ Schema) []any {
	var items []any
	for _, id := range slices.Sorted(maps.Keys(w.Sources)) {
		s := w.Sources[id]
		keys := make([]any, len(s.WriteKeys))
		for i, k := range s.WriteKeys {
			keys[i] = k
		}
		item := pairs{{"id", s.ID}, {"name", s.Name}, {"type", string(s.Type)}, {"writeKeys", keys}, {"enabled", s.Enabled}}
		if s.RateLimit != 0 {
			item = append(item, pair{"rateLimit", float64(s.RateLimit)})
		}
		items = append(items, item)
	}
	return items
}

func exportDestinations(w *secant.Workspace, schema Schema) []any {
	var items []any
	for _, id := range slices.Sorted(maps.Keys(w.Destinations)) {
		d := w.Destinations[id]
		secret := schema.secret(d.Type)
		settings := make(map[string]any, len(d.Settings))
		for key, v := range d.Settings {
			if secret(key) {
				v = secretReferences("destinations."+d.ID+"."+key, v)
			}
			settings[key] = v
		}
		items = append(items, pairs{{"id", d.ID}, {"name", d.Name}, {"source", d.Source}, {"type", d.Type},
			{"enabled", d.Enabled}, {"settings", settings}})
	}
	return items
}

// writeYAML writes what follows "key:" or "-": a scalar on the same line, a
// list or mapping below it, each level two spaces deeper.
func writeYAML(b *bytes.Buffer, v any, level int) {
	indent := strings.Repeat("  ", level)
	switch v := v.(type) {
	case []any:
		if len(v) == 0 {
			b.WriteString(" []\n")
			return
		}
		b.WriteByte('\n')
		for _, item := range v {
			b.WriteString(indent + "-")
			if m, ok := ordered(item); ok && len(m) > 0 {
				// The first key stands behind the dash.
				b.WriteByte(' ')
				writePairs(b, m, level+1, "")
				continue
			}
			writeYAML(b, item, level+1)
		}
	case map[string]any, pairs:
		m, _ := ordered(v)
		if len(m) == 0 {
			b.WriteString(" {}\n")
			return
		}
		b.WriteByte('\n')
		writePairs(b, m, level, indent)
	default:
		b.WriteString(" " + scalar(v) + "\n")
	}
}

// writePairs writes a mapping, with first in front of its first key.
func writePairs(b *bytes.Buffer, m pairs, level int, first string) {
	indent := strings.Repeat("  ", level)
	for i, p := range m {
		if i == 0 {
			b.WriteString(first)
		} else {
			b.WriteString(indent)
		}
		b.WriteString(quote(p.key) + ":")
		writeYAML(b, p.value, level+1)
	}
}

// ordered returns a mapping as pairs, by key where it has no order.
func ordered(v any) (pairs, bool) {
	switch v := v.(type) {
	case pairs:
		return v, true
	case map[string]any:
		var m pairs
		for _, key := range slices.Sorted(maps.Keys(v)) {
			m = append(m, pair{key, v[key]})
		}
		return m, true
	}
	return nil, false
}

func scalar(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case float64:
		if v == float64(int64(v)) && v > -1e15 && v < 1e15 {
			return strconv.FormatInt(int64(v), 10)
		}
		s := strconv.FormatFloat(v, 'e', -1, 64)
		if !strings.Contains(s, ".") { // YAML wants one in what has an exponent
			s = strings.Replace(s, "e", ".0e", 1)
		}
		return s
	case literal:
		return strconv.Quote(string(v))
	case string:
		return quote(escape(v))
	}
	return quote(fmt.Sprint(v))
}

// bare matches texts that YAML reads as themselves without quotes, by any
// version of YAML; words that mean something else are in reserved.
var bare = regexp.MustCompile(`^[A-Za-z_/][A-Za-z0-9_/.()+-]*( [A-Za-z0-9_/.()+-]+)*$`)

var reserved = []string{"true", "false", "yes", "no", "on", "off", "null", "y", "n"}

// quote writes a text so that it is read as that text.
func quote(s string) string {
	if bare.MatchString(s) && !slices.Contains(reserved, strings.ToLower(s)) {
		return s
	}
	return doubleQuote(s)
}

// doubleQuote writes a text in quotes, which every YAML reader takes.
func doubleQuote(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return strconv.QuoteToASCII(s)
	}
	// JSON leaves in what YAML calls unprintable.
	var out strings.Builder
	for _, r := range strings.TrimSuffix(b.String(), "\n") {
		if r >= 0x7f && r < 0xa0 || r == 0xfeff {
			fmt.Fprintf(&out, `\u%04x`, r)
		} else {
			out.WriteRune(r)
		}
	}
	return out.String()
}
