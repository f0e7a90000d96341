package secant

import (
	"errors"
	"fmt"
)

// Sentinel errors. Callers wrap them with what was being done and test them
// with errors.Is; one table in package api maps them to HTTP statuses.
var (
	ErrNotFound     = errors.New("not found")
	ErrInvalid      = errors.New("invalid")
	ErrConflict     = errors.New("conflict")
	ErrUnauthorized = errors.New("unauthorized")
	ErrForbidden    = errors.New("forbidden")
	ErrUnavailable  = errors.New("unavailable")
)

// FieldError says which field of an input is wrong, what it held and what to
// do about it. It matches ErrInvalid.
type FieldError struct {
	Field   string // path of the field, for example "destinations[2].settings.url"
	Value   string // what it held, shortened; empty when absent or secret
	Message string // what is wrong and what to do next
}

// Error returns "field: message (got value)".
func (e *FieldError) Error() string {
	s := e.Message
	if e.Field != "" {
		s = e.Field + ": " + s
	}
	if e.Value != "" {
		s += fmt.Sprintf(" (got %q)", e.Value)
	}
	return s
}

// Is reports whether target is ErrInvalid.
func (e *FieldError) Is(target error) bool { return target == ErrInvalid }

// Invalid returns a FieldError. The value is cut to 80 bytes, so that a hostile
// input cannot fill a log or a page.
func Invalid(field, value, message string) error {
	if len(value) > 80 {
		value = value[:77] + "..."
	}
	return &FieldError{Field: field, Value: value, Message: message}
}
