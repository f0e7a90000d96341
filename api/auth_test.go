package api_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/api"
	"github.com/secantdev/secant/store"
)

var placeholder = regexp.MustCompile(`\{\w+\}`)

// Every endpoint of the list is tried by every role, so that none can be
// forgotten.
func TestRoles(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, r := range s.api.Routes() {
		path := placeholder.ReplaceAllString(strings.TrimSuffix(r.Pattern, "{$}"), "nobody")
		if r.Pattern == "/api/" { // everything else under it
			path += "nobody"
		}
		for _, role := range append(secant.Roles(), "") {
			t.Run(r.Method+" "+r.Pattern+" by "+string(role), func(t *testing.T) {
				req, err := http.NewRequestWithContext(t.Context(), r.Method, s.URL+path, http.NoBody)
				if err != nil {
					t.Fatal(err)
				}
				if role != "" {
					req.Header.Set("Authorization", "Bearer "+s.tokens[role])
				}
				resp, err := s.Client().Do(req)
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close() // a stream does not end by itself
				got := resp.StatusCode
				switch {
				case r.Role != "" && role == "":
					if got != http.StatusUnauthorized {
						t.Errorf("status %d, want 401", got)
					}
				case r.Role != "" && !role.Allows(r.Role):
					if got != http.StatusForbidden {
						t.Errorf("status %d, want 403", got)
					}
				case got == http.StatusUnauthorized || got == http.StatusForbidden || got >= 500:
					t.Errorf("status %d for a role that suffices", got)
				}
			})
		}
	}
}

func TestRolesOfTheList(t *testing.T) {
	t.Parallel()
	public := map[string]bool{"GET /api/setup": true, "POST /api/setup": true, "POST /api/login": true, "POST /api/logout": true,
		"GET /api/openapi.json": true}
	for _, r := range start(t).api.Routes() {
		key := r.Method + " " + r.Pattern
		switch {
		case r.Pattern == "/api/":
		case (r.Role == "") != public[key]:
			t.Errorf("%s: role %q", key, r.Role)
		case r.Role != "" && r.Role.Validate() != nil:
			t.Errorf("%s: unknown role %q", key, r.Role)
		case r.Role == secant.RoleViewer && r.Method != "GET" && key != "PATCH /api/me":
			t.Errorf("%s: viewers only see", key)
		}
	}
}

func TestWhoIsAsking(t *testing.T) {
	t.Parallel()
	s := start(t)
	revoked, secret, err := s.store.CreateToken(context.Background(), system, store.NewToken{Name: "old", Role: secant.RoleOwner})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.store.DeleteToken(context.Background(), system, revoked.ID); err != nil {
		t.Fatal(err)
	}
	s.run([]scenario{
		{name: "nobody", method: "GET", path: "/api/sources", status: 401, want: []string{`"type":"unauthorized"`, "Sign in"}},
		{name: "bootstrap token", method: "GET", path: "/api/me", header: head{"Authorization": "Bearer " + adminToken},
			status: 200, want: []string{`"kind":"token"`, `"role":"owner"`, `"version":"1.2.3"`, "SECANT_ADMIN_TOKEN"}},
		{name: "scheme in any case", method: "GET", path: "/api/me", header: head{"Authorization": "bearer " + adminToken}, status: 200},
		{name: "part of the bootstrap token", method: "GET", path: "/api/me", header: head{"Authorization": "Bearer " + adminToken[:10]}, status: 401},
		{name: "empty token", method: "GET", path: "/api/me", header: head{"Authorization": "Bearer "}, status: 401},
		{name: "revoked token", method: "GET", path: "/api/me", header: head{"Authorization": "Bearer " + secret}, status: 401, want: []string{"revoked"}},
		{name: "unknown session", method: "GET", path: "/api/me", header: head{"Cookie": "secant_session=guess"}, status: 401, want: []string{"sign in again"}},
		{name: "weak role", as: secant.RoleViewer, method: "POST", path: "/api/sources", body: `{}`, status: 403, want: []string{"needs the role editor; yours is viewer"}},
		{name: "no such path", as: secant.RoleViewer, method: "GET", path: "/api/nothing", status: 404, want: []string{`"type":"not-found"`, "/api/openapi.json"}},
		{name: "no such method", as: secant.RoleViewer, method: "PATCH", path: "/api/sources", body: `{}`, status: 405, want: []string{`"type":"method-not-allowed"`, "Use GET or POST."}},
	})
}

func TestSignInAndOut(t *testing.T) {
	t.Parallel()
	s := start(t)
	cookie := s.person(secant.RoleEditor, "ada@example.com")
	me := s.send("GET", "/api/me", "", head{"Cookie": "secant_session=" + cookie})
	if me.StatusCode != 200 || !strings.Contains(me.text, `"email":"ada@example.com"`) || !strings.Contains(me.text, `"publicUrl":"`+s.URL+`"`) {
		t.Fatalf("me: %s", me.text)
	}
	again := s.send("POST", "/api/login", `{"email":"ADA@example.com","password":"correct horse battery"}`, head{"X-Forwarded-Proto": "https"})
	c := sessionCookie(again.Response)
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || !c.Secure || c.Path != "/" || c.MaxAge <= 0 {
		t.Errorf("cookie %+v", c)
	}
	if plain := sessionCookie(s.send("POST", "/api/login", `{"email":"ada@example.com","password":"correct horse battery"}`, nil).Response); plain.Secure {
		t.Error("a cookie over http is marked Secure: the browser would drop it")
	}
	out := s.send("POST", "/api/logout", "", head{"Cookie": "secant_session=" + cookie, "X-Secant-Request": "1"})
	if out.StatusCode != 200 || sessionCookie(out.Response).MaxAge >= 0 {
		t.Errorf("logout: %s %+v", out.text, sessionCookie(out.Response))
	}
	if gone := s.send("GET", "/api/me", "", head{"Cookie": "secant_session=" + cookie}); gone.StatusCode != 401 {
		t.Errorf("session after logout: %d", gone.StatusCode)
	}
	wrong := s.send("POST", "/api/login", `{"email":"ada@example.com","password":"not this one"}`, nil)
	nobody := s.send("POST", "/api/login", `{"email":"nobody@example.com","password":"not this one"}`, nil)
	if wrong.StatusCode != 401 || wrong.text != nobody.text {
		t.Errorf("a wrong password and an unknown address differ:\n%s%s", wrong.text, nobody.text)
	}
}

func TestCrossSiteRequestsAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t, func(o *api.Options) { o.PublicURL = "https://cdp.example.com" })
	cookie := "secant_session=" + s.person(secant.RoleOwner, "ada@example.com")
	body := `{"name":"x","metadataId":"http"}`
	with := func(pairs ...string) head {
		h := head{"Cookie": cookie}
		for i := 0; i < len(pairs); i += 2 {
			h[pairs[i]] = pairs[i+1]
		}
		return h
	}
	own := "X-Secant-Request"
	s.run([]scenario{
		{name: "from the console", method: "POST", path: "/api/sources", body: body, status: 201,
			header: with(own, "1", "Origin", s.URL, "Sec-Fetch-Site", "same-origin")},
		{name: "from the console behind a proxy that changes Host", method: "POST", path: "/api/sources", body: `{"name":"y","metadataId":"http"}`, status: 201,
			header: with(own, "1", "Origin", "https://cdp.example.com")},
		{name: "without the header", method: "POST", path: "/api/sources", body: body, status: 403, header: with(), want: []string{"X-Secant-Request: 1"}},
		{name: "from another site", method: "POST", path: "/api/sources", body: body, status: 403,
			header: with(own, "1", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"), want: []string{"https://evil.example"}},
		{name: "from another site in an old browser", method: "POST", path: "/api/sources", body: body, status: 403, header: with(own, "1", "Origin", "https://evil.example")},
		{name: "from a sibling host", method: "DELETE", path: "/api/sources/x", status: 403, header: with(own, "1", "Sec-Fetch-Site", "same-site")},
		{name: "from a sandboxed frame", method: "POST", path: "/api/sources", body: body, status: 403, header: with(own, "1", "Origin", "null")},
		{name: "a form's body", method: "POST", path: "/api/sources", body: body, status: 415, header: with(own, "1", "Content-Type", "text/plain")},
		{name: "signing somebody in from another site", method: "POST", path: "/api/login", body: `{"email":"a@b.c","password":"x"}`, status: 403,
			header: head{"Origin": "https://evil.example"}},
		{name: "signing somebody out from another site", method: "POST", path: "/api/logout", status: 403, header: with("Sec-Fetch-Site", "cross-site")},
		{name: "reading needs no header", method: "GET", path: "/api/sources", status: 200, header: with()},
		{name: "a token needs no header", method: "POST", path: "/api/sources", body: `{"name":"z","metadataId":"http"}`, as: secant.RoleEditor, status: 201},
	})
}

func TestTooManyAttemptsToSignIn(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := start(t, func(o *api.Options) { o.Now = func() time.Time { return now } })
	cookie := s.person(secant.RoleOwner, "ada@example.com")
	login := func(password string) reply {
		return s.send("POST", "/api/login", `{"email":"Ada@example.com","password":"`+password+`"}`, nil)
	}
	for range 10 {
		if r := login("wrong password"); r.StatusCode != 401 {
			t.Fatalf("attempt: %s", r.text)
		}
	}
	r := login("correct horse battery")
	if r.StatusCode != 429 || r.Header.Get("Retry-After") != "900" || !strings.Contains(r.text, "15m0s") {
		t.Fatalf("after ten failures: %d Retry-After %q %s", r.StatusCode, r.Header.Get("Retry-After"), r.text)
	}
	if me := s.send("GET", "/api/me", "", head{"Cookie": "secant_session=" + cookie}); me.StatusCode != 200 {
		t.Error("an attack on the sign-in ends sessions")
	}
	now = now.Add(15*time.Minute + time.Second)
	if r := login("correct horse battery"); r.StatusCode != 200 {
		t.Fatalf("after the wait: %s", r.text)
	}
	for range 9 {
		login("wrong password")
	}
	login("correct horse battery") // forgives
	if r := login("wrong password"); r.StatusCode != 401 {
		t.Errorf("signing in does not forgive: %d", r.StatusCode)
	}
}

func TestTooManyAttemptsFromOneAddress(t *testing.T) {
	t.Parallel()
	s := start(t)
	guess := `{"token":"guess","email":"new@example.com","password":"some long password"}`
	for range 50 {
		if r := s.send("POST", "/api/setup", guess, nil); r.StatusCode != 401 {
			t.Fatal(r.text)
		}
	}
	if r := s.send("POST", "/api/setup", guess, nil); r.StatusCode != 429 {
		t.Errorf("guessing the set-up token: status %d", r.StatusCode)
	}
	if r := s.send("POST", "/api/login", `{"email":"new@example.com","password":"wrong password"}`, nil); r.StatusCode != 429 {
		t.Errorf("guessing passwords: status %d", r.StatusCode)
	}
}

func TestSetup(t *testing.T) {
	t.Parallel()
	s := start(t)
	token, err := s.store.NewSetupToken(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	body := func(token, password string) string {
		return `{"token":"` + token + `","email":"ada@example.com","name":"Ada","password":"` + password + `"}`
	}
	s.run([]scenario{
		{name: "needed", method: "GET", path: "/api/setup", status: 200, want: []string{`{"needed":true}`}},
		{name: "fields missing", method: "POST", path: "/api/setup", body: `{"email":"a@b.c"}`, status: 422, want: []string{`"field":"token"`, `"field":"password"`}},
		{name: "wrong token", method: "POST", path: "/api/setup", body: body("guess", "correct horse battery"), status: 401, want: []string{"set-up link"}},
		{name: "weak password", method: "POST", path: "/api/setup", body: body(token, "short"), status: 422, want: []string{`"field":"password"`, "at least 10"}},
	})
	done := s.send("POST", "/api/setup", body(token, "correct horse battery"), nil)
	if done.StatusCode != 200 || !strings.Contains(done.text, `"role":"owner"`) || sessionCookie(done.Response).Value == "" {
		t.Fatalf("set-up: %d %s", done.StatusCode, done.text)
	}
	s.run([]scenario{
		{name: "signed in", method: "GET", path: "/api/me", header: head{"Cookie": "secant_session=" + sessionCookie(done.Response).Value}, status: 200},
		{name: "not needed", method: "GET", path: "/api/setup", status: 200, want: []string{`{"needed":false}`}},
		{name: "only once", method: "POST", path: "/api/setup", body: body(token, "correct horse battery"), status: 409, want: []string{"sign in"}},
	})
}

func TestChangeOneself(t *testing.T) {
	t.Parallel()
	s := start(t)
	first := s.person(secant.RoleViewer, "ada@example.com")
	other := sessionCookie(s.send("POST", "/api/login", `{"email":"ada@example.com","password":"correct horse battery"}`, nil).Response).Value
	mine := head{"Cookie": "secant_session=" + first, "X-Secant-Request": "1"}
	s.run([]scenario{
		{name: "name", method: "PATCH", path: "/api/me", header: mine, body: `{"name":"Ada L."}`, status: 200, want: []string{`"name":"Ada L."`}},
		{name: "role", method: "PATCH", path: "/api/me", header: mine, body: `{"role":"owner"}`, status: 400, want: []string{"role"}},
		{name: "without the current password", method: "PATCH", path: "/api/me", header: mine, body: `{"password":"another long one"}`, status: 422, want: []string{"currentPassword"}},
		{name: "with a wrong one", method: "PATCH", path: "/api/me", header: mine, body: `{"password":"another long one","currentPassword":"x"}`, status: 422, want: []string{"currentPassword"}},
		{name: "a token", as: secant.RoleOwner, method: "PATCH", path: "/api/me", body: `{"name":"x"}`, status: 400},
	})
	r := s.send("PATCH", "/api/me", `{"password":"another long one","currentPassword":"correct horse battery"}`, mine)
	if r.StatusCode != 200 {
		t.Fatal(r.text)
	}
	for session, want := range map[string]int{first: 401, other: 401, sessionCookie(r.Response).Value: 200} {
		if got := s.send("GET", "/api/me", "", head{"Cookie": "secant_session=" + session}); got.StatusCode != want {
			t.Errorf("session after the change: %d, want %d", got.StatusCode, want)
		}
	}
}
