package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/secantdev/secant"
)

func TestPeople(t *testing.T) {
	t.Parallel()
	s := start(t)
	owner := s.person(secant.RoleOwner, "owner@example.com")
	admin := secant.RoleAdmin
	made := s.as(admin, "POST", "/api/users", `{"email":"new@example.com","role":"editor"}`)
	var data struct {
		User     struct{ ID string }
		Password string
	}
	made.data(&data)
	if made.StatusCode != 201 || len(data.Password) < 20 {
		t.Fatalf("add: %d %s", made.StatusCode, made.text)
	}
	if r := s.send("POST", "/api/login", `{"email":"new@example.com","password":"`+data.Password+`"}`, nil); r.StatusCode != 200 {
		t.Fatalf("sign in with the password that was made: %s", r.text)
	}
	var me struct{ User struct{ ID string } }
	s.send("GET", "/api/me", "", head{"Cookie": "secant_session=" + owner}).data(&me)
	id, ownerID := data.User.ID, me.User.ID
	s.run([]scenario{
		{name: "list as Segment does", as: admin, method: "GET", path: "/api/users", status: 200,
			want: []string{`"email":"new@example.com"`, `"permissions":[{"roleName":"editor","roleId":"editor","resources":[{"id":"`, `"type":"WORKSPACE"`, `"totalEntries":2`}, not: []string{"argon2", data.Password}},
		{name: "get", as: admin, method: "GET", path: "/api/users/" + id, status: 200, want: []string{`"role":"editor"`}},
		{name: "add without a role", as: admin, method: "POST", path: "/api/users", body: `{"email":"a@example.com"}`, status: 422, want: []string{`"field":"role"`}},
		{name: "add with an unknown role", as: admin, method: "POST", path: "/api/users", body: `{"email":"a@example.com","role":"god"}`, status: 422, want: []string{`"field":"role"`, "viewer"}},
		{name: "add no address", as: admin, method: "POST", path: "/api/users", body: `{"email":"nonsense","role":"viewer"}`, status: 422, want: []string{`"field":"email"`}},
		{name: "add somebody twice", as: admin, method: "POST", path: "/api/users", body: `{"email":"NEW@example.com","role":"viewer"}`, status: 409},
		{name: "add somebody above oneself", as: admin, method: "POST", path: "/api/users", body: `{"email":"a@example.com","role":"owner"}`, status: 403, want: []string{"owner"}},
		{name: "promote above oneself", as: admin, method: "PATCH", path: "/api/users/" + id, body: `{"role":"owner"}`, status: 403},
		{name: "take over somebody above", as: admin, method: "PATCH", path: "/api/users/" + ownerID, body: `{"password":"a password of mine"}`, status: 403},
		{name: "remove somebody above", as: admin, method: "DELETE", path: "/api/users/" + ownerID, status: 403},
		{name: "remove the last owner", as: secant.RoleOwner, method: "DELETE", path: "/api/users/" + ownerID, status: 409},
		{name: "demote the last owner", as: secant.RoleOwner, method: "PATCH", path: "/api/users/" + ownerID, body: `{"role":"admin"}`, status: 409},
		{name: "promote", as: admin, method: "PATCH", path: "/api/users/" + id, body: `{"role":"publisher","name":"New"}`, status: 200, want: []string{`"role":"publisher"`, `"name":"New"`}},
		{name: "by an editor", as: secant.RoleEditor, method: "GET", path: "/api/users", status: 403},
		{name: "remove", as: admin, method: "DELETE", path: "/api/users/" + id, status: 200},
		{name: "remove again", as: admin, method: "DELETE", path: "/api/users/" + id, status: 404},
	})
	if r := s.send("POST", "/api/login", `{"email":"new@example.com","password":"`+data.Password+`"}`, nil); r.StatusCode != 401 {
		t.Errorf("sign in after being removed: %d", r.StatusCode)
	}
}

func TestAuditTrail(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.must("POST", "/api/sources", `{"slug":"shop","metadataId":"http"}`)
	s.must("PATCH", "/api/sources/shop", `{"name":"Shop"}`)
	s.must("POST", "/api/sources", `{"slug":"blog","metadataId":"http"}`)
	admin := secant.RoleAdmin
	get := func(name, query string, want, not []string) scenario {
		return scenario{name: name, as: admin, method: "GET", path: "/api/audit-events?" + query, status: 200, want: want, not: not}
	}
	s.run([]scenario{
		get("all", "", []string{`"token.created"`, `"source.updated"`, `"timestamp":"20`, `"actorKind":"token"`}, nil),
		get("of a resource", "resourceId=shop", []string{`"totalEntries":2`, `"field":"name","from":"shop","to":"Shop"`}, []string{`"blog"`}),
		get("of a kind of resource", "resourceType=source", []string{`"totalEntries":3`}, []string{"token.created"}),
		get("of a type", "type=source.updated", []string{`"totalEntries":1`}, nil),
		get("of a time", "startTime=2020-01-01T00:00:00Z&endTime=2020-01-02T00:00:00Z", []string{`"events":[]`}, nil),
		{name: "of no time", as: admin, method: "GET", path: "/api/audit-events?startTime=x", status: 400, want: []string{`"field":"startTime"`}},
		{name: "by an editor", as: secant.RoleEditor, method: "GET", path: "/api/audit-events", status: 403},
	})
}

func TestTokens(t *testing.T) {
	t.Parallel()
	s := start(t)
	admin := secant.RoleAdmin
	made := s.as(admin, "POST", "/api/tokens", `{"name":"ci","role":"editor","expiresAt":"2100-01-01T00:00:00Z"}`)
	var data struct {
		Token  struct{ ID, Role, ExpiresAt string }
		Secret string
	}
	made.data(&data)
	if made.StatusCode != 201 || data.Secret == "" || data.Token.Role != "editor" || !strings.HasPrefix(data.Token.ExpiresAt, "2100-01-01") {
		t.Fatalf("make: %d %s", made.StatusCode, made.text)
	}
	bearer := head{"Authorization": "Bearer " + data.Secret}
	past := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	s.run([]scenario{
		{name: "works", method: "GET", path: "/api/me", header: bearer, status: 200, want: []string{`"name":"ci"`, `"role":"editor"`}},
		{name: "list", as: admin, method: "GET", path: "/api/tokens", status: 200, want: []string{`"name":"ci"`, `"expiresAt":null`, `"lastUsedAt":"`}, not: []string{data.Secret}},
		{name: "above oneself", as: admin, method: "POST", path: "/api/tokens", body: `{"name":"x","role":"owner"}`, status: 403},
		{name: "without a name", as: admin, method: "POST", path: "/api/tokens", body: `{"role":"viewer"}`, status: 422, want: []string{`"field":"name"`}},
		{name: "over already", as: admin, method: "POST", path: "/api/tokens", body: `{"name":"x","role":"viewer","expiresAt":"` + past + `"}`, status: 422, want: []string{`"field":"expiresAt"`, "future"}},
		{name: "at no time", as: admin, method: "POST", path: "/api/tokens", body: `{"name":"x","role":"viewer","expiresAt":"soon"}`, status: 400, want: []string{"soon"}},
		{name: "revoke", as: admin, method: "DELETE", path: "/api/tokens/" + data.Token.ID, status: 200},
		{name: "revoke again", as: admin, method: "DELETE", path: "/api/tokens/" + data.Token.ID, status: 404},
		{name: "works no more", method: "GET", path: "/api/me", header: bearer, status: 401},
	})
}
