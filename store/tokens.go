package store

import (
	"context"
	"time"

	"github.com/secantdev/secant"
)

// NewToken is an API token to create.
type NewToken struct {
	Name      string
	Role      secant.Role
	ExpiresAt time.Time // zero: never
}

// ListTokens returns API tokens, the newest first.
func (s *Store) ListTokens(ctx context.Context, p Page) (List[secant.Token], error) {
	panic("unwritten")
}

// CreateToken makes an API token and returns its secret, which is not stored.
// A role above the actor's is ErrForbidden.
func (s *Store) CreateToken(ctx context.Context, by secant.Actor, t NewToken) (tok secant.Token, secret string, err error) {
	panic("unwritten")
}

// DeleteToken revokes an API token at once.
func (s *Store) DeleteToken(ctx context.Context, by secant.Actor, id string) error {
	panic("unwritten")
}

// Token returns the API token with this secret and notes its use, to the
// minute; ErrUnauthorized when it is unknown or expired.
func (s *Store) Token(ctx context.Context, secret string) (secant.Token, error) { panic("unwritten") }
