// Package route has the one type in which packages hand their HTTP endpoints
// to app, which alone builds the server's table.
package route

import (
	"net/http"

	secant "github.com/secantdev/secant"
)

// Route is one endpoint.
type Route struct {
	Method  string       // "GET" ...; empty for every method
	Pattern string       // path as http.ServeMux takes it: "/api/sources/{id}"
	Role    secant.Role  // role the caller needs; empty for the public
	Handler http.Handler // checks Role itself: whoever made the route also wrapped the handler
}
