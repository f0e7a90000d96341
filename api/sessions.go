package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/store"
)

// identityStore knows who people and tokens are.
type identityStore interface {
	SetupNeeded(ctx context.Context) (bool, error)
	Setup(ctx context.Context, token string, u store.NewUser) (secant.User, error)
	Login(ctx context.Context, email, password string) (u secant.User, session string, err error)
	Session(ctx context.Context, session string) (secant.User, error)
	Logout(ctx context.Context, session string) error
	CheckPassword(ctx context.Context, id, password string) error
	Token(ctx context.Context, secret string) (secant.Token, error)
	InstallationID() string
}

var setupEndpoints = []endpoint{
	on("GET", "/api/setup", everyone, "Tell whether the first owner is still to be created", (*API).setupNeeded),
	on("POST", "/api/setup", everyone, "Create the first owner with the one-time token and sign in", (*API).setup),
}

var sessionEndpoints = []endpoint{
	on("POST", "/api/login", everyone, "Sign in with e-mail and password", (*API).login),
	on("POST", "/api/logout", everyone, "End the session", (*API).logout),
	on("GET", "/api/me", secant.RoleViewer, "Tell who is signed in, and what the console needs to start", (*API).me),
	on("PATCH", "/api/me", secant.RoleViewer, "Change one's own name or password", (*API).changeMe),
}

// cookieLife is how long a browser keeps the cookie; the store ends sessions
// earlier when they are not used.
const cookieLife = 30 * 24 * time.Hour

type setupState struct {
	Needed bool `json:"needed"`
}

func (a *API) setupNeeded(c *call, _ none) (setupState, error) {
	needed, err := a.Store.SetupNeeded(c.ctx())
	if err != nil {
		return setupState{}, fmt.Errorf("look for accounts: %w", err)
	}
	return setupState{needed}, nil
}

type setupInput struct {
	Token    string `json:"token"`
	Email    string `json:"email"`
	Name     string `json:"name,omitempty"`
	Password string `json:"password"`
}

func (a *API) setup(c *call, in setupInput) (meData, error) {
	if err := required("token", in.Token, "email", in.Email, "password", in.Password); err != nil {
		return meData{}, err
	}
	done, err := a.attempt(c, "")
	if err != nil {
		return meData{}, err
	}
	defer done(false)
	u, err := a.Store.Setup(c.ctx(), in.Token, store.NewUser{
		Email: in.Email, Name: in.Name, Password: in.Password, Role: secant.RoleOwner})
	if err != nil {
		return meData{}, fmt.Errorf("set up: %w", err)
	}
	done(true)
	_, session, err := a.Store.Login(c.ctx(), u.Email, in.Password)
	if err != nil {
		return meData{}, fmt.Errorf("sign in after set-up: %w", err)
	}
	a.setCookie(c, session, cookieLife)
	return a.meOf(c, u), nil
}

type loginInput struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

func (a *API) login(c *call, in loginInput) (meData, error) {
	if err := required("email", in.Email, "password", in.Password); err != nil {
		return meData{}, err
	}
	done, err := a.attempt(c, in.Email)
	if err != nil {
		return meData{}, err
	}
	defer done(false)
	u, session, err := a.Store.Login(c.ctx(), in.Email, in.Password)
	if err != nil {
		return meData{}, fmt.Errorf("sign in: %w", err)
	}
	done(true)
	a.setCookie(c, session, cookieLife)
	return a.meOf(c, u), nil
}

// attempt admits one guess of a password: it counts it against the address and
// the e-mail, and takes a place among those who wait for their password to be
// checked. done says how it ended and frees the place; only its first call
// counts.
func (a *API) attempt(c *call, email string) (done func(right bool), err error) {
	ip, who := ipKey(a.ClientIP(c.r)), emailKey(email)
	wait := a.logins.take(ip, loginPerIP)
	if wait == 0 && email != "" {
		if wait = a.logins.take(who, loginPerEmail); wait > 0 {
			a.logins.forget(ip, false)
		}
	}
	if wait > 0 {
		return nil, &failure{kind: errTooMany, after: wait, message: fmt.Sprintf(
			"Too many attempts to sign in. Try again in %s.", max(wait.Round(time.Second), time.Second))}
	}
	select {
	case a.signingIn <- struct{}{}:
	default:
		return nil, fail(secant.ErrUnavailable, "Too many people sign in right now. Try again in a few seconds.")
	}
	over := false
	return func(right bool) {
		if over {
			return
		}
		over = true
		<-a.signingIn
		if right {
			a.logins.forget(ip, false)
			a.logins.forget(who, true)
		}
	}, nil
}

func (a *API) logout(c *call, _ none) (deletion, error) {
	if cookie, err := c.r.Cookie(cookieName); err == nil && cookie.Value != "" {
		if err := a.Store.Logout(c.ctx(), cookie.Value); err != nil {
			return deletion{}, fmt.Errorf("end session: %w", err)
		}
	}
	a.setCookie(c, "", -1)
	return success, nil
}

// setCookie gives the browser the session's secret, or takes it away when life
// is negative.
func (a *API) setCookie(c *call, secret string, life time.Duration) {
	age := -1
	if life > 0 {
		age = int(life.Seconds())
	}
	http.SetCookie(c.w, &http.Cookie{
		Name: cookieName, Value: secret, Path: "/", MaxAge: age,
		HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: byHTTPS(c.r),
	})
}

// byHTTPS reports whether the browser reached us by https. A proxy's word is
// taken from anybody: a lie only marks the liar's own cookie.
func byHTTPS(r *http.Request) bool {
	return r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

type meData struct {
	User      meUser      `json:"user"`
	Kind      string      `json:"kind"`
	Version   string      `json:"version"`
	PublicURL string      `json:"publicUrl"`
	Demo      bool        `json:"demo"`
	Workspace workspaceV1 `json:"workspace"`
}

type meUser struct {
	ID    string      `json:"id"`
	Email string      `json:"email"`
	Name  string      `json:"name"`
	Role  secant.Role `json:"role"`
}

func (a *API) meOf(c *call, u secant.User) meData {
	return meData{
		User: meUser{u.ID, u.Email, u.Name, u.Role}, Kind: "user",
		Version: a.Version, PublicURL: a.publicURL(c.r), Demo: a.Demo, Workspace: a.workspace(),
	}
}

// publicURL is the origin that events are sent to.
func (a *API) publicURL(r *http.Request) string {
	if a.PublicURL != "" {
		return strings.TrimSuffix(a.PublicURL, "/")
	}
	if byHTTPS(r) {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

func (a *API) me(c *call, _ none) (meData, error) {
	if c.session == "" {
		data := a.meOf(c, secant.User{ID: c.who.ID, Name: c.who.Name, Role: c.who.Role})
		data.Kind = "token"
		return data, nil
	}
	u, err := a.Store.Session(c.ctx(), c.session)
	if err != nil {
		return meData{}, fmt.Errorf("read session: %w", err)
	}
	return a.meOf(c, u), nil
}

type meInput struct {
	Name            *string `json:"name,omitempty"`
	CurrentPassword string  `json:"currentPassword,omitempty"`
	Password        *string `json:"password,omitempty"`
}

func (a *API) changeMe(c *call, in meInput) (meData, error) {
	if c.session == "" {
		return meData{}, fail(errBadRequest, "An API token has no name and password of its own to change. Sign in as a person.")
	}
	if in.Password == nil {
		u, err := a.Store.UpdateUser(c.ctx(), c.who, c.who.ID, store.UserPatch{Name: in.Name})
		if err != nil {
			return meData{}, fmt.Errorf("change name: %w", err)
		}
		return a.meOf(c, u), nil
	}
	if err := required("currentPassword", in.CurrentPassword); err != nil {
		return meData{}, err
	}
	done, err := a.attempt(c, c.who.Name)
	if err != nil {
		return meData{}, err
	}
	defer done(false)
	if err := a.Store.CheckPassword(c.ctx(), c.who.ID, in.CurrentPassword); errors.Is(err, secant.ErrUnauthorized) {
		return meData{}, secant.Invalid("currentPassword", "", "is not your current password; type it again")
	} else if err != nil {
		return meData{}, fmt.Errorf("check password: %w", err)
	}
	u, err := a.Store.UpdateUser(c.ctx(), c.who, c.who.ID, store.UserPatch{Name: in.Name, Password: in.Password})
	if err != nil {
		return meData{}, fmt.Errorf("change password: %w", err)
	}
	done(true)
	// The new password ended all of the person's sessions, this one too.
	_, session, err := a.Store.Login(c.ctx(), u.Email, *in.Password)
	if err != nil {
		return meData{}, fmt.Errorf("sign in with the new password: %w", err)
	}
	a.setCookie(c, session, cookieLife)
	return a.meOf(c, u), nil
}

// required reports which of some fields are empty; they come as name, value.
func required(pairs ...string) error {
	var errs []error
	for i := 0; i < len(pairs); i += 2 {
		if strings.TrimSpace(pairs[i+1]) == "" {
			errs = append(errs, secant.Invalid(pairs[i], "", "is required"))
		}
	}
	return errors.Join(errs...)
}
