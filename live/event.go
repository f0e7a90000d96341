package live

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"github.com/secantdev/secant"
)

// newEvent copies what the debugger shows out of a verdict.
func newEvent(v *secant.Verdict) *Event {
	ev := &Event{
		ID:         EventID(v.Record.ReceivedAt, v.Position),
		Source:     v.Record.Source,
		Type:       v.Record.Type,
		Name:       unquote(v.Record.Name),
		MessageID:  unquote(v.Record.MessageID),
		Reason:     v.Reason,
		Note:       v.Record.Note,
		ReceivedAt: v.Record.ReceivedAt,
		Position:   v.Position,
		JSON:       bytes.Clone(v.Record.JSON),
	}
	var ids struct {
		UserID      identifier `json:"userId"`
		AnonymousID identifier `json:"anonymousId"`
	}
	// An item that is no object has no ids; it is shown all the same.
	if json.Unmarshal(ev.JSON, &ids) == nil {
		ev.UserID, ev.AnonymousID = string(ids.UserID), string(ids.AnonymousID)
	}
	return ev
}

// identifier is a userId or anonymousId as people read it: text as it is, a
// number by its digits, anything else as its JSON.
type identifier string

// UnmarshalJSON accepts every JSON value.
func (id *identifier) UnmarshalJSON(b []byte) error {
	var s string
	switch {
	case bytes.Equal(b, []byte("null")):
		return nil
	case json.Unmarshal(b, &s) == nil:
		*id = identifier(s)
	default:
		*id = identifier(cut(string(b), 200))
	}
	return nil
}

// unquote returns the text of a JSON string given without its quotes.
func unquote(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw)
	}
	quoted := make([]byte, 0, len(raw)+2)
	quoted = append(append(append(quoted, '"'), raw...), '"')
	var s string
	if json.Unmarshal(quoted, &s) != nil {
		return string(raw)
	}
	return s
}

// cut shortens s to n bytes at most without splitting a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
