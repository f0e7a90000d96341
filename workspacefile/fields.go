package workspacefile

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/secantdev/secant"
)

const (
	required = true
	optional = false
)

// onlyKeys reports every key of n that is not among the known ones.
func (r *reading) onlyKeys(n *node, path string, known ...string) {
	for _, f := range n.fields {
		if !slices.Contains(known, f.key) {
			r.wrong(f.at, join(path, f.key), "is not a key that is known here; there are "+strings.Join(known, ", "))
		}
	}
}

// text reads a text of n; empty when it is absent.
func (r *reading) text(n *node, path, key string, must bool) string {
	v := n.get(key)
	switch {
	case v == nil || v.kind == null:
		if must {
			r.wrong(n, join(path, key), "is missing; add it")
		}
		return ""
	case v.kind != text:
		message := "must be text; it is " + v.kind.String()
		if v.kind == number || v.kind == boolean {
			message += "; put it in quotes"
		}
		r.wrong(v, join(path, key), message, v.source)
		return ""
	}
	return v.text
}

// texts reads a list of texts; nil when it is absent, not nil when it is empty.
func (r *reading) texts(n *node, path, key string) []string {
	v := n.get(key)
	switch {
	case v == nil || v.kind == null:
		return nil
	case v.kind != sequence:
		r.wrong(v, join(path, key), "must be a list, like ["+key+"]; it is "+v.kind.String(), v.source)
		return nil
	}
	list := make([]string, 0, len(v.items))
	for i, item := range v.items {
		if item.kind != text {
			r.wrong(item, fmt.Sprintf("%s[%d]", join(path, key), i), "must be text; put it in quotes", item.source)
			continue
		}
		list = append(list, item.text)
	}
	return list
}

func (r *reading) boolean(n *node, path, key string, byDefault bool) bool {
	v := n.get(key)
	switch {
	case v == nil || v.kind == null:
		return byDefault
	case v.kind != boolean:
		r.wrong(v, join(path, key), "must be true or false", v.source)
		return byDefault
	}
	return v.truth
}

// count reads a whole number that is not negative; 0 when it is absent.
func (r *reading) count(n *node, path, key string) int {
	v := n.get(key)
	if v == nil || v.kind == null {
		return 0
	}
	if v.kind != number || v.number < 0 || v.number > 1e9 || v.number != float64(int(v.number)) {
		r.wrong(v, join(path, key), "must be a whole number from 0 to 1000000000", v.source)
		return 0
	}
	return int(v.number)
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// asJSON returns what encoding v as JSON and decoding it again gives: the form
// in which settings are stored and compared.
func asJSON(v map[string]any) (map[string]any, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode settings: %w", err)
	}
	out := map[string]any{}
	return out, json.Unmarshal(raw, &out)
}

// Problem is one thing wrong with a document. It unwraps to a
// *secant.FieldError whose message ends with the line.
type Problem struct {
	Line, Column int // from 1
	Field        string
	Value        string
	Message      string
}

// Error returns "line 3: sources[0].type: must be ... (got "x")".
func (p *Problem) Error() string {
	return fmt.Sprintf("line %d: %v", p.Line, &secant.FieldError{Field: p.Field, Value: p.Value, Message: p.Message})
}

// Unwrap returns the problem as a FieldError.
func (p *Problem) Unwrap() error {
	return &secant.FieldError{Field: p.Field, Value: p.Value, Message: fmt.Sprintf("%s (line %d)", p.Message, p.Line)}
}

// Problems are all the things wrong with a document, by line. They match
// secant.ErrInvalid.
type Problems []*Problem

// maxProblems is how many are told: the rest usually follows from them.
const maxProblems = 20

// Error lists the problems, one on a line.
func (ps Problems) Error() string {
	lines := make([]string, 0, len(ps))
	for i, p := range ps {
		if i == maxProblems {
			lines = append(lines, fmt.Sprintf("and %d more", len(ps)-i))
			break
		}
		lines = append(lines, p.Error())
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the problems one by one.
func (ps Problems) Unwrap() []error {
	errs := make([]error, 0, min(len(ps), maxProblems))
	for _, p := range ps[:min(len(ps), maxProblems)] {
		errs = append(errs, p)
	}
	return errs
}

func (ps Problems) inOrder() Problems {
	slices.SortStableFunc(ps, func(a, b *Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return ps
}

// wrong notes a problem at n. A value that came from a reference is not shown:
// it may be a secret.
func (r *reading) wrong(n *node, field, message string, value ...string) {
	p := &Problem{Line: n.line, Column: n.column, Field: field, Message: message}
	if len(value) > 0 && !n.referred {
		p.Value = value[0]
		if len(p.Value) > 80 {
			p.Value = strings.ToValidUTF8(p.Value[:77], "") + "..."
		}
	}
	r.problems = append(r.problems, p)
}

// failed reports whether a problem was found at path or below.
func (r *reading) failed(path string) bool {
	return slices.ContainsFunc(r.problems, func(p *Problem) bool {
		rest, below := strings.CutPrefix(p.Field, path)
		return below && (rest == "" || rest[0] == '.' || rest[0] == '[')
	})
}

// invalid notes the FieldErrors in err, which came from validating item, at the
// lines of their fields.
func (r *reading) invalid(item *node, path string, err error) {
	if err == nil {
		return
	}
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range several.Unwrap() {
			r.invalid(item, path, e)
		}
		return
	}
	var field *secant.FieldError
	if !errors.As(err, &field) {
		r.wrong(item, path, err.Error())
		return
	}
	r.wrong(item.find(field.Field), join(path, field.Field), field.Message, field.Value)
}
