package api

import (
	"net/http"

	"github.com/secantdev/secant"
)

// Allows reports whether the caller of r, by API token or session, has at least
// the role need. It is for endpoints beside the API, such as metrics.
func (a *API) Allows(r *http.Request, need secant.Role) bool {
	return a.admit(&call{r: r}, need) == nil
}

// Stamp is a time in the API's answers.
type Stamp = stamp
