package collect

import (
	"net/http"
	"strings"
)

// Since 1.84 analytics.js sends an Authorization header, so each of its calls
// from another origin is asked about first; and an answer a page may not read
// looks like a network failure to it, which it tries again. So every answer
// carries these headers, errors too.
var (
	anyOrigin      = []string{"*"}
	corsTrue       = []string{"true"}
	corsVary       = []string{"Origin"}
	corsExpose     = []string{"Retry-After, X-RateLimit-Reset"}
	corsMethods    = []string{"GET, POST, OPTIONS"}
	corsMaxAge     = []string{"86400"}
	corsHeaders    = []string{baseHeaders}
	preflightVary  = []string{"Origin, Access-Control-Request-Headers, Access-Control-Request-Method"}
	preflightEmpty = []string{"0"}
)

const baseHeaders = "Authorization, Content-Type, X-Retry-Count"

// maxRequestHeaders bounds what a preflight may have echoed.
const maxRequestHeaders = 1024

// allowOrigin lets the page that made the request read the answer.
func allowOrigin(h http.Header, r *http.Request) {
	if origin := r.Header["Origin"]; len(origin) > 0 && origin[0] != "" {
		h["Access-Control-Allow-Origin"] = origin[:1:1]
		h["Access-Control-Allow-Credentials"] = corsTrue
	} else {
		h["Access-Control-Allow-Origin"] = anyOrigin
	}
	h["Access-Control-Expose-Headers"] = corsExpose
	h["Vary"] = corsVary
}

// anyPage lets every page read a document that is the same for all of them.
func anyPage(h http.Header) {
	h["Access-Control-Allow-Origin"] = anyOrigin
	delete(h, "Access-Control-Allow-Credentials")
	delete(h, "Vary")
}

// preflight answers OPTIONS. It needs no write key: browsers send none with it.
func preflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	allowOrigin(h, r)
	h["Vary"] = preflightVary
	h["Access-Control-Allow-Methods"] = corsMethods
	h["Access-Control-Allow-Headers"] = corsHeaders
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" && len(asked) <= maxRequestHeaders {
		h["Access-Control-Allow-Headers"] = []string{allowedHeaders(asked)}
	}
	h["Access-Control-Max-Age"] = corsMaxAge
	if r.Header.Get("Access-Control-Request-Private-Network") != "" {
		h["Access-Control-Allow-Private-Network"] = corsTrue
	}
	h["Content-Length"] = preflightEmpty
	w.WriteHeader(http.StatusOK)
}

// allowedHeaders are those that SDKs send, and whatever else the page wants to:
// its owner can configure headers freely.
func allowedHeaders(asked string) string {
	all := baseHeaders
	for name := range strings.SplitSeq(asked, ",") {
		name = strings.TrimSpace(name)
		switch strings.ToLower(name) {
		case "", "authorization", "content-type", "x-retry-count":
			continue
		}
		all += ", " + name
	}
	return all
}
