package destination

import (
	"errors"
	"fmt"
	"time"

	"github.com/secantdev/secant"
)

// RetryError says that a delivery failed for now. Made by Retry.
type RetryError struct {
	Err   error
	After time.Duration // not before; 0 leaves it to the engine
}

// Retry says that the delivery failed for now and should be tried again, not
// before after has passed (0: whenever the engine thinks best).
func Retry(err error, after time.Duration) error { return &RetryError{Err: err, After: after} }

// Error returns the cause's text.
func (e *RetryError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *RetryError) Unwrap() error { return e.Err }

// RejectError says that an event is refused for good. Made by Reject.
type RejectError struct{ Err error }

// Reject says that the destination refuses the event for good: trying again
// cannot help. The engine keeps it as a dead letter.
func Reject(err error) error { return &RejectError{Err: err} }

// Error returns the cause's text.
func (e *RejectError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *RejectError) Unwrap() error { return e.Err }

// Errors is the outcome of a batch, one error or nil for each event, aligned
// with the slice given to Send. A slice of another length is retried as a whole.
type Errors []error

// Error counts the failures and quotes the first.
func (e Errors) Error() string {
	var first error
	n := 0
	for _, err := range e {
		if err != nil {
			n++
			if first == nil {
				first = err
			}
		}
	}
	return fmt.Sprintf("%d of %d events failed, first: %v", n, len(e), first)
}

// StatusError is an HTTP answer that is not a success. Its reason is the status.
type StatusError struct {
	Status int
	Body   string // the start of the answer, for people
}

// Error names the status and quotes the answer.
func (e *StatusError) Error() string {
	if e.Body == "" {
		return fmt.Sprintf("the destination answered %d", e.Status)
	}
	return fmt.Sprintf("the destination answered %d: %s", e.Status, e.Body)
}

// Reason returns the status as digits.
func (e *StatusError) Reason() secant.Reason { return secant.Reason(fmt.Sprintf("%d", e.Status)) }

// Reasoner is an error that knows by which name it is counted.
type Reasoner interface{ Reason() secant.Reason }

// Reason returns the name by which err is counted when it says one itself.
func Reason(err error) (secant.Reason, bool) {
	var r Reasoner
	if errors.As(err, &r) {
		return r.Reason(), true
	}
	return "", false
}
