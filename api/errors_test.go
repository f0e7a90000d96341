package api

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/secantdev/secant"
)

func TestProblems(t *testing.T) {
	t.Parallel()
	wrap := func(err error) error { return fmt.Errorf("change source: %w", err) }
	for name, tt := range map[string]struct {
		err    error
		status int
		want   []problem
		hidden bool
	}{
		"a field": {wrap(secant.Invalid("name", "", "must not be empty")), 422,
			[]problem{{Type: "invalid", Status: 422, Field: "name", Message: "must not be empty"}}, false},
		"a field with its value": {secant.Invalid("type", "fax", "must be one of a, b"), 422,
			[]problem{{Type: "invalid", Status: 422, Field: "type", Message: `must be one of a, b (got "fax")`}}, false},
		"several fields": {wrap(errors.Join(secant.Invalid("a", "", "x"), secant.Invalid("b", "", "y"))), 422,
			[]problem{{Type: "invalid", Status: 422, Field: "a", Message: "x"}, {Type: "invalid", Status: 422, Field: "b", Message: "y"}}, false},
		"a bare kind": {wrap(secant.ErrNotFound), 404,
			[]problem{{Type: "not-found", Status: 404, Message: "Change source: not found. Check the address; it may have been deleted."}}, false},
		"what stands against a change": {wrap(fmt.Errorf("%w: the id is taken", secant.ErrConflict)), 409,
			[]problem{{Type: "conflict", Status: 409, Message: "Conflict: the id is taken."}}, false},
		"a sentence": {wrap(fmt.Errorf("log is full: %w", secant.ErrUnavailable)), 503,
			[]problem{{Type: "unavailable", Status: 503, Message: "Log is full: unavailable. Try again in a few seconds."}}, false},
		"a sentence that says what to do": {wrap(fmt.Errorf("%w: free some space; then try again", secant.ErrUnavailable)), 503,
			[]problem{{Type: "unavailable", Status: 503, Message: "Unavailable: free some space; then try again."}}, false},
		"a fault": {wrap(errors.New("open /var/lib/secret.key")), 500,
			[]problem{{Type: "internal", Status: 500, Message: messageUnknown}}, true},
		"a fault beside a field": {errors.Join(errors.New("disk"), errors.New("more")), 500,
			[]problem{{Type: "internal", Status: 500, Message: messageUnknown}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, status, known := problems(tt.err)
			if fmt.Sprint(got) != fmt.Sprint(tt.want) || status != tt.status || known == tt.hidden {
				t.Errorf("problems %+v, status %d, known %v", got, status, known)
			}
		})
	}
}

// Every kind of error of the vocabulary has a status.
func TestStatusesAreComplete(t *testing.T) {
	t.Parallel()
	for _, err := range []error{secant.ErrNotFound, secant.ErrInvalid, secant.ErrConflict, secant.ErrUnauthorized,
		secant.ErrForbidden, secant.ErrUnavailable} {
		if _, status, known := problems(err); !known || status >= 500 && status != 503 {
			t.Errorf("%v: status %d", err, status)
		}
	}
	for _, s := range statuses {
		// What stands against a change differs: only the refusal itself knows.
		if errors.Is(s.err, secant.ErrConflict) {
			if s.next != "" {
				t.Errorf("every conflict is told %q", s.next)
			}
			continue
		}
		if s.next == "" || !strings.HasSuffix(s.next, ".") {
			t.Errorf("%s says not what to do next", s.name)
		}
	}
}
