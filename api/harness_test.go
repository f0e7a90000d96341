package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/api"
	"github.com/secantdev/secant/destination"
	"github.com/secantdev/secant/destination/webhook"
	"github.com/secantdev/secant/live"
	"github.com/secantdev/secant/store"
)

const adminToken = "bootstrap-token-of-the-tests"

// server is a management API over a real store, hub and delivery engine in a
// temporary directory.
type server struct {
	*httptest.Server
	t      *testing.T
	api    *api.API
	store  *store.Store
	hub    *live.Hub
	tokens map[secant.Role]string
	logged *bytes.Buffer
}

var definitions = []destination.Definition{webhook.Definition()}

func validateSettings(typ string, settings map[string]any) (map[string]any, error) {
	d, ok := destination.Find(definitions, typ)
	if !ok {
		return nil, secant.Invalid("type", typ, "is no type of destination")
	}
	return d.Validate(settings)
}

func secretSettings(typ string) []string {
	d, _ := destination.Find(definitions, typ)
	return d.Secrets()
}

var system = secant.Actor{Kind: "system", ID: "test", Role: secant.RoleOwner}

func start(t *testing.T, options ...func(*api.Options)) *server {
	t.Helper()
	ctx := context.Background()
	dir := t.TempDir()
	db, err := store.Open(ctx, store.Options{
		Path: filepath.Join(dir, "secant.db"), KeyPath: filepath.Join(dir, "secret.key"),
		ValidateSettings: validateSettings, SecretSettings: secretSettings,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	hub, err := live.Open(ctx, live.Options{Store: db})
	if err != nil {
		t.Fatal(err)
	}
	s := &server{t: t, store: db, hub: hub, tokens: map[secant.Role]string{}, logged: &bytes.Buffer{}}
	o := api.Options{
		Store: db, Live: hub, Deliver: newEngine(t, dir, db), File: workspaceFile(db),
		Definitions: definitions,
		AdminTokens: []api.AdminToken{{Name: "unset"}, {Name: "SECANT_ADMIN_TOKEN", Secret: adminToken}},
		Version:     "1.2.3",
		Logger:      slog.New(slog.NewTextHandler(s.logged, nil)),
	}
	for _, option := range options {
		option(&o)
	}
	s.api = api.New(o)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "the console") })
	for _, r := range s.api.Routes() {
		mux.Handle(r.Method+" "+r.Pattern, r.Handler)
	}
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	t.Cleanup(s.api.Close)
	for _, role := range secant.Roles() {
		_, secret, err := db.CreateToken(ctx, system, store.NewToken{Name: string(role) + " token", Role: role})
		if err != nil {
			t.Fatal(err)
		}
		s.tokens[role] = secret
	}
	return s
}

// reply is an answer read to its end.
type reply struct {
	*http.Response
	t    *testing.T
	text string
}

// data decodes the data of a reply.
func (r reply) data(dst any) {
	r.t.Helper()
	if err := json.Unmarshal([]byte(r.text), &struct{ Data any }{dst}); err != nil {
		r.t.Fatalf("%s: %v", r.text, err)
	}
}

// head is a set of request headers, in pairs.
type head map[string]string

// send makes a request as it is, and reads the answer.
func (s *server) send(method, path, body string, headers head) reply {
	s.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, value := range headers {
		if value == "" {
			req.Header.Del(name)
		} else {
			req.Header.Set(name, value)
		}
	}
	resp, err := s.Client().Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return reply{resp, s.t, string(text)}
}

// as makes a request with the API token of a role.
func (s *server) as(role secant.Role, method, path, body string) reply {
	s.t.Helper()
	return s.send(method, path, body, head{"Authorization": "Bearer " + s.tokens[role]})
}

// must makes a request as owner that has to succeed.
func (s *server) must(method, path, body string) reply {
	s.t.Helper()
	r := s.as(secant.RoleOwner, method, path, body)
	if r.StatusCode/100 != 2 {
		s.t.Fatalf("%s %s: %s %s", method, path, r.Status, r.text)
	}
	return r
}

// person adds somebody and returns the cookie of their session.
func (s *server) person(role secant.Role, email string) (cookie string) {
	s.t.Helper()
	_, err := s.store.CreateUser(context.Background(), system, store.NewUser{Email: email, Name: "Ada", Password: "correct horse battery", Role: role})
	if err != nil {
		s.t.Fatal(err)
	}
	r := s.send("POST", "/api/login", `{"email":"`+email+`","password":"correct horse battery"}`, nil)
	if r.StatusCode != http.StatusOK {
		s.t.Fatalf("sign in: %s", r.text)
	}
	return sessionCookie(r.Response).Value
}

func sessionCookie(r *http.Response) *http.Cookie {
	for _, c := range r.Cookies() {
		if c.Name == "secant_session" {
			return c
		}
	}
	return &http.Cookie{}
}

// scenario is a request and what must come of it.
type scenario struct {
	name   string
	as     secant.Role // whose token; empty for none
	method string
	path   string
	header head
	body   string
	status int
	want   []string // texts in the reply
	not    []string // texts that must not be in it
}

func (s *server) run(scenarios []scenario) {
	s.t.Helper()
	for _, sc := range scenarios {
		s.t.Run(sc.name, func(t *testing.T) {
			headers := head{}
			if sc.as != "" {
				headers["Authorization"] = "Bearer " + s.tokens[sc.as]
			}
			for name, value := range sc.header {
				headers[name] = value
			}
			outer := s.t
			s.t = t
			defer func() { s.t = outer }()
			r := s.send(sc.method, sc.path, sc.body, headers)
			if r.StatusCode != sc.status {
				t.Errorf("status %d, want %d: %s", r.StatusCode, sc.status, r.text)
			}
			for _, text := range sc.want {
				if !strings.Contains(r.text, text) {
					t.Errorf("reply lacks %q: %s", text, r.text)
				}
			}
			for _, text := range sc.not {
				if strings.Contains(r.text, text) {
					t.Errorf("reply has %q: %s", text, r.text)
				}
			}
			if got := r.Header.Get("Cache-Control"); got != "no-store" {
				t.Errorf("Cache-Control %q", got)
			}
			if got := r.Header.Get("X-Content-Type-Options"); got != "nosniff" {
				t.Errorf("X-Content-Type-Options %q", got)
			}
		})
	}
}

// collect makes the pipeline's verdicts known, as if events had come in.
func (s *server) collect(seq uint64, verdicts ...secant.Verdict) {
	for i := range verdicts {
		verdicts[i].Position = secant.Position{Seq: seq, Index: i}
	}
	s.hub.Observe(0, seq, verdicts)
}

func track(source, name string, at time.Time) secant.Verdict {
	raw := []byte(`{"type":"track","event":"` + name + `","messageId":"m-` + name + `","userId":"u1","anonymousId":"a1"}`)
	return secant.Verdict{Record: secant.Record{Source: source, Type: secant.TypeTrack, ReceivedAt: at.UnixMilli(), JSON: raw,
		MessageID: sub(raw, "m-"+name), Name: sub(raw, name)}}
}

func sub(raw []byte, text string) []byte {
	i := bytes.Index(raw, []byte(`"`+text+`"`)) + 1
	return raw[i : i+len(text)]
}
