package api

import (
	"context"
	"net/http"
	"net/url"
	"reflect"

	"github.com/secantdev/secant"
)

// endpoint is one line of the route list: what it answers to, who may call it,
// and what goes in and out, from which the OpenAPI document is made.
type endpoint struct {
	Method  string
	Path    string // as http.ServeMux takes it
	Role    secant.Role
	Summary string // a sentence's beginning, for the OpenAPI document

	Query  []string     // names of the query parameters it reads
	Status int          // of success
	Limit  int64        // largest body in bytes
	In     reflect.Type // of the JSON body; nil for none
	Takes  string       // content type of a body that is not JSON
	Out    reflect.Type // of data in the reply; nil when Media is not JSON
	Media  string       // content type of a reply that is not JSON

	// handle returns the reply's data, or writes the reply itself when Media
	// is set.
	handle func(*API, *call) (any, error)
}

// everyone is the role of endpoints that need no one to be signed in.
const everyone secant.Role = ""

// maxBody is the largest JSON body, in bytes: a resource is a few KiB.
const maxBody = 1 << 20

// none is the body or data of an endpoint that has none.
type none struct{}

// on makes an endpoint whose body is decoded into In and whose data is Out.
func on[In, Out any](method, path string, role secant.Role, summary string,
	handle func(*API, *call, In) (Out, error), options ...func(*endpoint)) endpoint {
	e := endpoint{Method: method, Path: path, Role: role, Summary: summary, Status: http.StatusOK, Limit: maxBody}
	if t := reflect.TypeFor[In](); t != reflect.TypeFor[none]() {
		e.In = t
	}
	if t := reflect.TypeFor[Out](); t != reflect.TypeFor[none]() {
		e.Out = t
	}
	e.handle = func(a *API, c *call) (any, error) {
		var in In
		if e.In != nil {
			if err := c.decode(&in, e.Limit); err != nil {
				return nil, err
			}
		}
		return handle(a, c, in)
	}
	for _, o := range options {
		o(&e)
	}
	return e
}

// raw makes an endpoint that writes its reply, of the given content type,
// itself. An error is for when nothing was written yet.
func raw(method, path string, role secant.Role, summary, media string,
	handle func(*API, *call) error, options ...func(*endpoint)) endpoint {
	e := endpoint{Method: method, Path: path, Role: role, Summary: summary, Media: media, Status: http.StatusOK,
		handle: func(a *API, c *call) (any, error) { return nil, handle(a, c) }}
	for _, o := range options {
		o(&e)
	}
	return e
}

// created makes success 201.
func created(e *endpoint) { e.Status = http.StatusCreated }

// query names the query parameters that an endpoint reads.
func query(names ...string) func(*endpoint) {
	return func(e *endpoint) { e.Query = append(e.Query, names...) }
}

// paged says that an endpoint answers page by page.
func paged(e *endpoint) { e.Query = append(e.Query, "pagination[count]", "pagination[cursor]") }

// call is one request on its way through an endpoint.
type call struct {
	w       http.ResponseWriter
	r       *http.Request
	who     secant.Actor // zero when nobody is signed in
	session string       // secret of the session that who came by; empty for a token
	query   url.Values
}

func (c *call) ctx() context.Context { return c.r.Context() }

// id is the part of the path called name in the endpoint's pattern.
func (c *call) id(name string) string { return c.r.PathValue(name) }

// flag reports whether a query parameter is switched on.
func (c *call) flag(name string) (bool, error) {
	switch v := c.query.Get(name); v {
	case "", "0", "false":
		return false, nil
	case "1", "true":
		return true, nil
	default:
		return false, badQuery(name, v, "must be 1 or 0")
	}
}
