// Package api is the management API under /api: what the console and the
// command line do, they do through it.
//
// Where Segment's Public API has a resource, paths and shapes are Segment's, so
// that its official clients drive Secant; our own fields and resources stand
// beside them. Every endpoint is one line of the route list, with the role it
// needs; one function checks it for all of them, and the OpenAPI document is
// made from the same list. docs/api.md describes the API for people.
//
// The package decides who may do what and what is shown (never a secret); what
// things mean is decided by the store and the engines behind it.
package api

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/destination"
	"github.com/secantdev/secant/internal/route"
)

// Store is what the API needs of the store; each part is declared beside the
// resource that uses it.
type Store interface {
	identityStore
	applyStore
	sourceStore
	destinationStore
	deadLetterStore
	countStore
	userStore
	tokenStore
	auditStore
}

// Options say what an API works with. Store, Live, Deliver and File are
// required.
type Options struct {
	Store   Store
	Live    Live
	Deliver Deliver
	File    WorkspaceFile

	// Definitions are the types of destination there are.
	Definitions []destination.Definition
	// AdminTokens are API tokens of role owner that are not in the store and
	// work before set-up.
	AdminTokens []AdminToken
	// Status says how the server is doing; nil leaves GET /api/status with the
	// version only.
	Status func(context.Context) Status
	// Version of the program.
	Version string
	// PublicURL is the origin that events are sent to, without a slash at the
	// end. Empty means the one that the console's own request was sent to.
	PublicURL string
	// Demo says that the server runs with its demo shop.
	Demo bool
	// ClientIP tells whom a request came from, for the limit on sign-ins. Nil
	// takes the connection's address, which is wrong behind a proxy.
	ClientIP func(*http.Request) netip.Addr
	// Logger is told of faults of the server; nil discards.
	Logger *slog.Logger
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// AdminToken is an API token from the server's environment or data directory.
type AdminToken struct {
	Name   string // for the audit trail: "SECANT_ADMIN_TOKEN"
	Secret string // an empty one is ignored
}

// API answers the management API. Its methods are safe for concurrent use.
type API struct {
	Options
	log    *slog.Logger
	now    func() time.Time
	origin *http.CrossOriginProtection
	logins *limiter
	// signingIn has a place for everybody whose password is being checked.
	signingIn chan struct{}
	streams   *streams
	openapi   []byte
	start     time.Time
}

// maxSigningIn bounds the sign-ins under way. The store checks two passwords at
// a time, some 50 a second: who is further back would wait for longer than a
// person does.
const maxSigningIn = 64

// New returns an API. It panics when a required option is missing, which is a
// mistake of the program.
func New(o Options) *API {
	if o.Store == nil || o.Live == nil || o.Deliver == nil || o.File == nil {
		panic("api: Options.Store, Live, Deliver and File are required")
	}
	a := &API{
		Options:   o,
		log:       cmp.Or(o.Logger, slog.New(slog.DiscardHandler)),
		now:       o.Now,
		origin:    http.NewCrossOriginProtection(),
		signingIn: make(chan struct{}, maxSigningIn),
		streams:   newStreams(),
	}
	if a.now == nil {
		a.now = time.Now
	}
	if a.ClientIP == nil {
		a.ClientIP = connectionIP
	}
	a.start = a.now()
	a.logins = newLimiter(a.now)
	if o.PublicURL != "" {
		// A console behind a proxy that rewrites Host is still at home. An
		// address that is no origin only loses that.
		_ = a.origin.AddTrustedOrigin(o.PublicURL)
	}
	a.openapi = a.describe()
	return a
}

// Close ends the streams that are open, so that a server which waits for its
// requests to finish can stop. New streams are refused afterwards.
func (a *API) Close() { a.streams.close() }

// Routes returns the endpoints, each with the role it needs, and one that
// answers all other paths under /api/ in JSON. The handlers check the role
// themselves.
func (a *API) Routes() []route.Route {
	var routes []route.Route
	mux := http.NewServeMux()
	for _, e := range endpoints {
		h := a.serve(e)
		routes = append(routes, route.Route{Method: e.Method, Pattern: e.Path, Role: e.Role, Handler: h})
		mux.Handle(e.Method+" "+e.Path, h)
	}
	other := a.serve(elsewhere(mux))
	for _, method := range answered {
		// One by one: for every method at once it would be in conflict with
		// the console's "GET /".
		routes = append(routes, route.Route{Method: method, Pattern: "/api/", Handler: other})
	}
	return routes
}

// answered are the methods that are answered under /api/.
var answered = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// elsewhere answers paths and methods that no endpoint has.
func elsewhere(mux *http.ServeMux) endpoint {
	return endpoint{Role: everyone, Status: http.StatusNotFound, handle: func(_ *API, c *call) (any, error) {
		var allow []string
		for _, method := range answered {
			probe := &http.Request{Method: method, URL: c.r.URL, Host: c.r.Host}
			if _, pattern := mux.Handler(probe); pattern != "" {
				allow = append(allow, method)
			}
		}
		if len(allow) == 0 {
			return nil, fail(secant.ErrNotFound, "There is nothing at %s. /api/openapi.json lists what there is.", c.r.URL.Path)
		}
		for _, method := range allow {
			c.w.Header().Add("Allow", method)
		}
		return nil, fail(errNoMethod, "%s does not take %s. Use %s.", c.r.URL.Path, c.r.Method, strings.Join(allow, " or "))
	}}
}

// endpoints is the route list: the API's table of contents.
var endpoints = slices.Concat(
	setupEndpoints, sessionEndpoints, workspaceEndpoints,
	sourceEndpoints, destinationEndpoints, deadLetterEndpoints, catalogEndpoints,
	eventEndpoints, countEndpoints,
	userEndpoints, tokenEndpoints, auditEndpoints, statusEndpoints,
)
