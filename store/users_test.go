package store

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/secantdev/secant"
)

func TestSetup(t *testing.T) {
	t.Parallel()
	s, ctx := newStore(t), t.Context()
	if !must(s.SetupNeeded(ctx))(t) {
		t.Fatal("an empty store needs no setup")
	}
	ann := NewUser{Email: "Ann@Example.com", Password: "correct horse", Role: secant.RoleViewer}
	_, err := s.Setup(ctx, "", ann)
	wantErr(t, err, secant.ErrUnauthorized)
	old := must(s.NewSetupToken(ctx))(t)
	token := must(s.NewSetupToken(ctx))(t)
	_, err = s.Setup(ctx, old, ann)
	wantErr(t, err, secant.ErrUnauthorized)
	_, err = s.Setup(ctx, token, NewUser{Email: "ann@example.com", Password: "short"})
	wantErr(t, err, secant.ErrInvalid)

	// Of several at once exactly one becomes the owner.
	results := make(chan error, 4)
	for range cap(results) {
		go func() {
			_, err := s.Setup(ctx, token, ann)
			results <- err
		}()
	}
	won := 0
	for range cap(results) {
		if err := <-results; err == nil {
			won++
		} else if !errors.Is(err, secant.ErrConflict) {
			t.Errorf("a loser got %v", err)
		}
	}
	if won != 1 {
		t.Errorf("%d won", won)
	}
	l := must(s.ListUsers(ctx, Page{}))(t)
	if len(l.Items) != 1 || l.Items[0].Role != secant.RoleOwner || l.Items[0].Email != "ann@example.com" {
		t.Errorf("got %+v", l.Items)
	}
	if must(s.SetupNeeded(ctx))(t) {
		t.Error("setup is still needed")
	}
	_, err = s.NewSetupToken(ctx)
	wantErr(t, err, secant.ErrConflict)
}

func TestLogin(t *testing.T) {
	t.Parallel()
	c := newClock()
	s, ctx := newStoreAt(t, c), t.Context()
	u := must(s.CreateUser(ctx, owner, NewUser{Email: "ann@example.com", Password: "correct horse", Role: secant.RoleEditor}))(t)

	for _, wrong := range [][2]string{{"ann@example.com", "wrong horse"}, {"bo@example.com", "correct horse"}, {"", ""}, {"no address", strings.Repeat("x", 1<<16)}} {
		_, _, err := s.Login(ctx, wrong[0], wrong[1])
		wantErr(t, err, secant.ErrUnauthorized)
		if err.Error() != errSignIn.Error() {
			t.Errorf("%q: the error tells more than it should: %v", wrong[0], err)
		}
	}
	got, session, err := s.Login(ctx, " ANN@example.com ", "correct horse")
	check(t, err)
	if got != u {
		t.Errorf("got %+v, want %+v", got, u)
	}
	if got := must(s.Session(ctx, session))(t); got != u {
		t.Errorf("the session is %+v's", got)
	}
	check(t, s.CheckPassword(ctx, u.ID, "correct horse"))
	wantErr(t, s.CheckPassword(ctx, u.ID, "wrong horse"), secant.ErrUnauthorized)

	// Used every 20 days it lives on, but not beyond 90.
	for range 4 {
		c.advance(20 * 24 * time.Hour)
		must(s.Session(ctx, session))(t)
	}
	c.advance(11 * 24 * time.Hour)
	_, err = s.Session(ctx, session)
	wantErr(t, err, secant.ErrUnauthorized)

	// Unused it ends after 30.
	_, session, err = s.Login(ctx, "ann@example.com", "correct horse")
	check(t, err)
	c.advance(30*24*time.Hour + time.Second)
	_, err = s.Session(ctx, session)
	wantErr(t, err, secant.ErrUnauthorized)

	_, session, err = s.Login(ctx, "ann@example.com", "correct horse")
	check(t, err)
	check(t, s.Logout(ctx, session))
	check(t, s.Logout(ctx, session))
	_, err = s.Session(ctx, session)
	wantErr(t, err, secant.ErrUnauthorized)
}

func TestUsers(t *testing.T) {
	t.Parallel()
	s, ctx := newStore(t), t.Context()
	admin := secant.Actor{Kind: "token", ID: "tok_1", Name: "ci", Role: secant.RoleAdmin}
	add := func(email string, role secant.Role) secant.User {
		t.Helper()
		return must(s.CreateUser(ctx, owner, NewUser{Email: email, Password: "correct horse", Role: role}))(t)
	}
	ann, bo := add("ann@example.com", secant.RoleOwner), add("bo@example.com", secant.RoleViewer)
	viewer, own := secant.RoleViewer, secant.RoleOwner

	t.Run("refuses what is not a person", func(t *testing.T) {
		for _, u := range []NewUser{
			{Email: "nobody", Password: "correct horse", Role: viewer},
			{Email: "Eve <eve@example.com>", Password: "correct horse", Role: viewer},
			{Email: "eve@example.com", Password: "too short", Role: viewer},
			{Email: "eve@example.com", Password: "EVE@example.com", Role: viewer},
			{Email: "eve@example.com", Password: "correct horse", Role: "king"},
		} {
			_, err := s.CreateUser(ctx, owner, u)
			wantErr(t, err, secant.ErrInvalid)
			if strings.Contains(err.Error(), u.Password) {
				t.Errorf("the error shows the password: %v", err)
			}
		}
		_, err := s.CreateUser(ctx, owner, NewUser{Email: "BO@example.com", Password: "correct horse", Role: viewer})
		wantErr(t, err, secant.ErrConflict)
	})
	t.Run("nobody reaches above their role", func(t *testing.T) {
		_, err := s.CreateUser(ctx, admin, NewUser{Email: "eve@example.com", Password: "correct horse", Role: own})
		wantErr(t, err, secant.ErrForbidden)
		_, err = s.UpdateUser(ctx, admin, bo.ID, UserPatch{Role: &own})
		wantErr(t, err, secant.ErrForbidden)
		_, err = s.UpdateUser(ctx, admin, ann.ID, UserPatch{Role: &viewer})
		wantErr(t, err, secant.ErrForbidden)
		wantErr(t, s.DeleteUser(ctx, admin, ann.ID), secant.ErrForbidden)
		_, _, err = s.CreateToken(ctx, admin, NewToken{Name: "x", Role: own})
		wantErr(t, err, secant.ErrForbidden)
	})
	t.Run("an owner remains", func(t *testing.T) {
		_, err := s.UpdateUser(ctx, owner, ann.ID, UserPatch{Role: &viewer})
		wantErr(t, err, secant.ErrConflict)
		wantErr(t, s.DeleteUser(ctx, owner, ann.ID), secant.ErrConflict)
		must(s.UpdateUser(ctx, owner, bo.ID, UserPatch{Role: &own}))(t)
		check(t, s.DeleteUser(ctx, owner, ann.ID))
		wantErr(t, s.DeleteUser(ctx, owner, ann.ID), secant.ErrNotFound)
	})
	t.Run("a new password ends sessions", func(t *testing.T) {
		_, session, err := s.Login(ctx, "bo@example.com", "correct horse")
		check(t, err)
		name, password := "Bo", "battery staple"
		got := must(s.UpdateUser(ctx, owner, bo.ID, UserPatch{Name: &name}))(t)
		if got.Name != name || got.Role != own {
			t.Errorf("got %+v", got)
		}
		must(s.Session(ctx, session))(t)
		must(s.UpdateUser(ctx, owner, bo.ID, UserPatch{Password: &password}))(t)
		_, err = s.Session(ctx, session)
		wantErr(t, err, secant.ErrUnauthorized)
		_, _, err = s.Login(ctx, "bo@example.com", "correct horse")
		wantErr(t, err, secant.ErrUnauthorized)
		_, _, err = s.Login(ctx, "bo@example.com", password)
		check(t, err)
	})
	t.Run("listed by page", func(t *testing.T) {
		for _, email := range []string{"c@example.com", "d@example.com", "e@example.com"} {
			add(email, viewer)
		}
		first := must(s.ListUsers(ctx, Page{Limit: 3}))(t)
		second := must(s.ListUsers(ctx, Page{Limit: 3, Cursor: first.Next}))(t)
		if first.Total != 4 || len(first.Items) != 3 || len(second.Items) != 1 || second.Items[0].Email != "e@example.com" || second.Next != "" {
			t.Errorf("got %+v and %+v", first, second)
		}
	})
}

func TestTokens(t *testing.T) {
	t.Parallel()
	c := newClock()
	s, ctx := newStoreAt(t, c), t.Context()
	_, _, err := s.CreateToken(ctx, owner, NewToken{Name: "old", Role: secant.RoleEditor, ExpiresAt: c.now().Add(-time.Hour)})
	wantErr(t, err, secant.ErrInvalid)
	_, _, err = s.CreateToken(ctx, owner, NewToken{Name: " ", Role: secant.RoleEditor})
	wantErr(t, err, secant.ErrInvalid)

	tok, secret, err := s.CreateToken(ctx, owner, NewToken{Name: "ci", Role: secant.RoleEditor, ExpiresAt: c.now().Add(time.Hour)})
	check(t, err)
	if !strings.HasPrefix(secret, "sct_") {
		t.Errorf("the secret is %q", secret)
	}
	for _, wrong := range []string{"", "sct_", secret + "x", tok.ID} {
		_, err := s.Token(ctx, wrong)
		wantErr(t, err, secant.ErrUnauthorized)
	}
	got := must(s.Token(ctx, secret))(t)
	if got.Role != secant.RoleEditor || !got.LastUsedAt.Equal(c.now().Truncate(time.Minute)) {
		t.Errorf("got %+v", got)
	}
	if l := must(s.ListTokens(ctx, Page{}))(t); l.Total != 1 || l.Items[0] != got {
		t.Errorf("the list has %+v", l)
	}
	c.advance(time.Hour)
	_, err = s.Token(ctx, secret)
	wantErr(t, err, secant.ErrUnauthorized)

	seen := map[string]bool{}
	var last string
	for range 5 { // several in one millisecond, too
		_, last, err = s.CreateToken(ctx, owner, NewToken{Name: "more", Role: secant.RoleViewer})
		check(t, err)
	}
	p := Page{Limit: 2}
	for {
		l := must(s.ListTokens(ctx, p))(t)
		for _, tok := range l.Items {
			seen[tok.ID] = true
		}
		if p.Cursor = l.Next; p.Cursor == "" {
			break
		}
	}
	if len(seen) != 6 {
		t.Errorf("pages gave %d of 6 tokens", len(seen))
	}
	tok = must(s.Token(ctx, last))(t)
	wantErr(t, s.DeleteToken(ctx, secant.Actor{Kind: "user", Role: "none"}, tok.ID), secant.ErrForbidden)
	check(t, s.DeleteToken(ctx, owner, tok.ID))
	wantErr(t, s.DeleteToken(ctx, owner, tok.ID), secant.ErrNotFound)
	_, err = s.Token(ctx, last)
	wantErr(t, err, secant.ErrUnauthorized)
}
