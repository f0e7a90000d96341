package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/google/uuid"

	"github.com/secantdev/secant"
)

// cookieName is the console's session cookie.
const cookieName = "secant_session"

// consoleHeader must come with every request that changes something by cookie:
// a page of another site cannot send it without asking first.
const consoleHeader = "X-Secant-Request"

// serve makes the handler of an endpoint. It is the one place where callers
// are identified and permissions checked.
func (a *API) serve(e endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Request-Id", uuid.NewString())
		c := &call{w: w, r: r, query: r.URL.Query()}
		if err := a.admit(c, e.Role); err != nil {
			a.fail(c, err)
			return
		}
		data, err := e.handle(a, c)
		switch {
		case err != nil:
			a.fail(c, err)
		case e.Media == "":
			c.reply(e.Status, map[string]any{"data": data})
		}
	})
}

// admit finds out who is calling and reports why they may not.
func (a *API) admit(c *call, need secant.Role) error {
	token, byToken := bearer(c.r)
	if !byToken {
		if err := a.sameSite(c.r); err != nil {
			return err
		}
	}
	if need == everyone {
		return nil
	}
	var err error
	if byToken {
		c.who, err = a.tokenActor(c, token)
	} else {
		c.who, err = a.sessionActor(c)
	}
	if err != nil {
		return err
	}
	if !c.who.Role.Allows(need) {
		return fail(secant.ErrForbidden, "This needs the role %s; yours is %s. Ask an owner or admin.", need, c.who.Role)
	}
	return nil
}

// Allows reports whether r carries an API token or session that may do what
// needs the role need: for routes outside this package that only operators may
// see.
func (a *API) Allows(r *http.Request, need secant.Role) bool {
	return a.admit(&call{r: r}, need) == nil
}

// bearer returns the API token that a request carries.
func bearer(r *http.Request) (token string, ok bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	return strings.TrimSpace(token), true
}

func (a *API) tokenActor(c *call, secret string) (secant.Actor, error) {
	sum := sha256.Sum256([]byte(secret))
	for _, t := range a.AdminTokens {
		// Hashes are of one length, so the comparison's time says nothing
		// about the secret, not even how long it is.
		want := sha256.Sum256([]byte(t.Secret))
		if t.Secret != "" && subtle.ConstantTimeCompare(sum[:], want[:]) == 1 {
			return secant.Actor{Kind: "token", ID: t.Name, Name: t.Name, Role: secant.RoleOwner}, nil
		}
	}
	t, err := a.Store.Token(c.ctx(), secret)
	if err != nil {
		return secant.Actor{}, fmt.Errorf("check API token: %w", err)
	}
	return secant.Actor{Kind: "token", ID: t.ID, Name: t.Name, Role: t.Role}, nil
}

func (a *API) sessionActor(c *call) (secant.Actor, error) {
	cookie, err := c.r.Cookie(cookieName)
	if err != nil || cookie.Value == "" {
		return secant.Actor{}, fail(secant.ErrUnauthorized,
			"Nobody is signed in. Sign in, or send an API token as Authorization: Bearer.")
	}
	u, err := a.Store.Session(c.ctx(), cookie.Value)
	if err != nil {
		return secant.Actor{}, fmt.Errorf("check session: %w", err)
	}
	c.session = cookie.Value
	return actorOf(u), nil
}

// actorOf is the person as the audit trail names them.
func actorOf(u secant.User) secant.Actor {
	return secant.Actor{Kind: "user", ID: u.ID, Name: u.Email, Role: u.Role}
}

// sameSite refuses requests without a token that change something and that
// another site's page may have made the browser send.
func (a *API) sameSite(r *http.Request) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil
	}
	if err := a.origin.Check(r); err != nil {
		return fail(secant.ErrForbidden, "The request comes from a page of another origin (%s). Use the console's own address, or an API token.",
			short(r.Header.Get("Origin")))
	}
	if _, err := r.Cookie(cookieName); err == nil && r.Header.Get(consoleHeader) != "1" {
		return fail(secant.ErrForbidden, "A request with a session cookie needs the header %s: 1.", consoleHeader)
	}
	return nil
}

// short cuts what a stranger sent to a length that can be shown.
func short(s string) string {
	if len(s) > 100 {
		return s[:100] + "..."
	}
	return s
}

// connectionIP is the address at the other end of the connection.
func connectionIP(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	ip, _ := netip.ParseAddr(host)
	return ip.Unmap()
}
