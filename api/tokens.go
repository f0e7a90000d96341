package api

import (
	"context"
	"fmt"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/store"
)

// tokenStore keeps API tokens. It also sees to it that nobody makes one with a
// role above their own.
type tokenStore interface {
	ListTokens(ctx context.Context, p store.Page) (store.List[secant.Token], error)
	CreateToken(ctx context.Context, by secant.Actor, t store.NewToken) (tok secant.Token, secret string, err error)
	DeleteToken(ctx context.Context, by secant.Actor, id string) error
}

var tokenEndpoints = []endpoint{
	on("GET", "/api/tokens", secant.RoleAdmin, "List API tokens", (*API).listTokens, paged),
	on("POST", "/api/tokens", secant.RoleAdmin, "Make an API token; its secret is shown once", (*API).createToken, created),
	on("DELETE", "/api/tokens/{id}", secant.RoleAdmin, "Revoke an API token", (*API).deleteToken),
}

type token struct {
	ID         string      `json:"id"`
	Name       string      `json:"name"`
	Role       secant.Role `json:"role"`
	CreatedAt  Stamp       `json:"createdAt"`
	ExpiresAt  Stamp       `json:"expiresAt"`
	LastUsedAt Stamp       `json:"lastUsedAt"`
}

type tokenData struct {
	Token  token  `json:"token"`
	Secret string `json:"secret"`
}

type tokensData struct {
	Tokens     []token    `json:"tokens"`
	Pagination pagination `json:"pagination"`
}

func tokenOf(t secant.Token) token {
	return token{t.ID, t.Name, t.Role, Stamp(t.CreatedAt), Stamp(t.ExpiresAt), Stamp(t.LastUsedAt)}
}

func (a *API) listTokens(c *call, _ none) (tokensData, error) {
	p, err := c.page()
	if err != nil {
		return tokensData{}, err
	}
	list, err := a.Store.ListTokens(c.ctx(), p)
	if err != nil {
		return tokensData{}, fmt.Errorf("list API tokens: %w", err)
	}
	out := tokensData{Tokens: make([]token, len(list.Items)), Pagination: pageOf(p, list)}
	for i, t := range list.Items {
		out.Tokens[i] = tokenOf(t)
	}
	return out, nil
}

type createTokenInput struct {
	Name      string      `json:"name"`
	Role      secant.Role `json:"role"`
	ExpiresAt *time.Time  `json:"expiresAt,omitempty"`
}

func (a *API) createToken(c *call, in createTokenInput) (tokenData, error) {
	if err := required("name", in.Name, "role", string(in.Role)); err != nil {
		return tokenData{}, err
	}
	t := store.NewToken{Name: in.Name, Role: in.Role}
	if in.ExpiresAt != nil {
		if t.ExpiresAt = *in.ExpiresAt; !t.ExpiresAt.After(a.now()) {
			return tokenData{}, secant.Invalid("expiresAt", t.ExpiresAt.Format(time.RFC3339), "must be in the future; leave it out for a token that does not expire")
		}
	}
	tok, secret, err := a.Store.CreateToken(c.ctx(), c.who, t)
	if err != nil {
		return tokenData{}, fmt.Errorf("make API token: %w", err)
	}
	return tokenData{tokenOf(tok), secret}, nil
}

func (a *API) deleteToken(c *call, _ none) (deletion, error) {
	if err := a.Store.DeleteToken(c.ctx(), c.who, c.id("id")); err != nil {
		return deletion{}, fmt.Errorf("revoke API token: %w", err)
	}
	return success, nil
}
