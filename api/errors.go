package api

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/secantdev/secant"
)

// Errors that only exist between a client and this API; the others are the
// root package's.
var (
	errBadRequest = errors.New("bad request")
	errTooLarge   = errors.New("too large")
	errMediaType  = errors.New("unsupported media type")
	errNoMethod   = errors.New("method not allowed")
	errTooMany    = errors.New("too many requests")
)

// retryWhenBusy is what clients are told to wait when the server cannot.
const retryWhenBusy = 5 * time.Second

// messageUnknown stands for errors whose text is not for clients.
const messageUnknown = "The server failed to answer. Its log has the details under the X-Request-Id of this reply."

// statuses is the one table from kinds of error to HTTP. The first match wins.
var statuses = []struct {
	err    error
	status int
	name   string // the reply's type
	next   string // what to do, when the error itself does not say; empty when only the error can know
}{
	{errBadRequest, http.StatusBadRequest, "bad-request", "Correct the request; docs/api.md and /api/openapi.json describe it."},
	{errTooLarge, http.StatusRequestEntityTooLarge, "too-large", "Send less at once."},
	{errMediaType, http.StatusUnsupportedMediaType, "unsupported-media-type", "Send Content-Type: application/json."},
	{errNoMethod, http.StatusMethodNotAllowed, "method-not-allowed", "Use one of the methods in the Allow header."},
	{errTooMany, http.StatusTooManyRequests, "too-many-requests", "Wait for the seconds in Retry-After."},
	{secant.ErrInvalid, http.StatusUnprocessableEntity, "invalid", "Correct the field."},
	{secant.ErrUnauthorized, http.StatusUnauthorized, "unauthorized", "Sign in, or send an API token as Authorization: Bearer."},
	{secant.ErrForbidden, http.StatusForbidden, "forbidden", "Ask an owner or admin."},
	{secant.ErrNotFound, http.StatusNotFound, "not-found", "Check the address; it may have been deleted."},
	{secant.ErrConflict, http.StatusConflict, "conflict", ""},
	{secant.ErrUnavailable, http.StatusServiceUnavailable, "unavailable", "Try again in a few seconds."},
}

// problem is one entry of a failed reply, in the shape of Segment's
// RequestError.
type problem struct {
	Type    string `json:"type"`
	Message string `json:"message"`
	Field   string `json:"field,omitempty"`
	Status  int    `json:"status"`
	Data    any    `json:"data,omitempty"`
}

// failure is an error made for the client: its kind decides the status, its
// message is shown as it is.
type failure struct {
	kind    error
	message string
	field   string
	data    any
	after   time.Duration // for Retry-After
}

func (f *failure) Error() string { return f.message }
func (f *failure) Unwrap() error { return f.kind }

// fail makes an error of a kind with a message for the client.
func fail(kind error, format string, args ...any) error {
	return &failure{kind: kind, message: fmt.Sprintf(format, args...)}
}

// badQuery says that a query parameter is wrong.
func badQuery(name, value, message string) error {
	return &failure{kind: errBadRequest, field: name,
		message: secant.Invalid("query parameter "+name, value, message).Error()}
}

// problems translates err. The status is that of the first problem. An error
// that is none of the table's becomes "internal" and known is false: its text
// is for the log, not for the client.
func problems(err error) (list []problem, status int, known bool) {
	for _, leaf := range leaves(err) {
		p, ok := problemOf(leaf)
		if !ok {
			return []problem{p}, p.Status, false
		}
		list = append(list, p)
	}
	return list, list[0].Status, true
}

// leaves returns the field errors in err when it is several at once, or err.
func leaves(err error) []error {
	for e := err; e != nil; e = errors.Unwrap(e) {
		several, ok := e.(interface{ Unwrap() []error })
		if !ok {
			continue
		}
		var fields []error
		for _, part := range several.Unwrap() {
			var f *secant.FieldError
			if errors.As(part, &f) {
				fields = append(fields, part)
			}
		}
		if len(fields) > 0 {
			return fields
		}
	}
	return []error{err}
}

func problemOf(leaf error) (problem, bool) {
	for _, s := range statuses {
		if !errors.Is(leaf, s.err) {
			continue
		}
		p := problem{Type: s.name, Status: s.status, Message: leaf.Error()}
		var own *failure
		var field *secant.FieldError
		switch {
		case errors.As(leaf, &own):
			p.Message, p.Field, p.Data = own.message, own.field, own.data
		case errors.As(leaf, &field):
			p.Field, p.Message = field.Field, field.Message
			if field.Value != "" {
				p.Message += fmt.Sprintf(" (got %q)", field.Value)
			}
		default:
			p.Message = withNext(leaf, s.err)
		}
		return p, true
	}
	return problem{Type: "internal", Status: http.StatusInternalServerError, Message: messageUnknown}, false
}

// fail answers err and, when the client cannot do anything about it, logs it.
func (a *API) fail(c *call, err error) {
	if c.r.Context().Err() != nil && !errors.Is(err, secant.ErrInvalid) {
		return // the client went away; nobody reads this
	}
	list, status, known := problems(err)
	if !known {
		a.log.Error("management API request failed", "method", c.r.Method, "path", c.r.URL.Path,
			"requestId", c.w.Header().Get("X-Request-Id"), "error", err)
	}
	var own *failure
	switch {
	case errors.As(err, &own) && own.after > 0:
		c.w.Header().Set("Retry-After", strconv.Itoa(int(own.after.Seconds()+0.999)))
	case status == http.StatusServiceUnavailable:
		c.w.Header().Set("Retry-After", strconv.Itoa(int(retryWhenBusy.Seconds())))
	case status == http.StatusUnauthorized:
		c.w.Header().Set("WWW-Authenticate", `Bearer realm="secant"`)
	}
	c.reply(status, map[string]any{"errors": list})
}

// reply writes a JSON document.
func (c *call) reply(status int, doc any) {
	h := c.w.Header()
	h.Set("Content-Type", jsonType(c.r.Header.Get("Accept")))
	c.w.WriteHeader(status)
	enc := json.NewEncoder(c.w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(doc) // the client may be gone: there is nobody left to tell
}

// asInput renames the fields in err, whose names are the vocabulary's, to those
// that the client sent.
func asInput(err error, names map[string]string) error {
	var field *secant.FieldError
	if err == nil || !errors.As(err, &field) {
		return err
	}
	var out []error
	for _, leaf := range leaves(err) {
		if errors.As(leaf, &field) {
			renamed := *field
			renamed.Field = cmp.Or(names[field.Field], field.Field)
			leaf = &renamed
		}
		out = append(out, leaf)
	}
	return errors.Join(out...)
}

func isConflict(err error) bool { return errors.Is(err, secant.ErrConflict) }

// conflict adds the resource as it is now to a conflict.
func conflict(err error, current any) error {
	return &failure{kind: secant.ErrConflict, message: withNext(err, secant.ErrConflict),
		data: map[string]any{"current": current}}
}

// withNext is what err says below the wrapping that is for the log, and the
// kind's next step when it says none itself.
func withNext(err, kind error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil || inner == kind || !errors.Is(inner, kind) { //nolint:errorlint // the kind itself, not what wraps it
			break
		}
		err = inner
	}
	text := err.Error()
	text = strings.TrimSuffix(strings.ToUpper(text[:1])+text[1:], ".")
	for _, s := range statuses {
		// Whoever says what to do says it behind a semicolon.
		if errors.Is(s.err, kind) && s.next != "" && !strings.Contains(text, ";") {
			return text + ". " + s.next
		}
	}
	return text + "."
}
