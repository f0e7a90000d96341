package destination

import (
	"strings"

	"github.com/secantdev/secant"
)

// FieldErrors are all the things wrong with some settings. It matches
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
