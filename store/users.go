package store

import (
	"context"

	"github.com/secantdev/secant"
)

// NewUser is a person to add.
type NewUser struct {
	Email    string
	Name     string // empty: the e-mail address
	Password string // at least 10 characters and not the e-mail address
	Role     secant.Role
}

// UserPatch says what to change about a person; nil fields stay as they are. A
// new password or e-mail address ends the person's sessions.
type UserPatch struct {
	Email    *string
	Name     *string
	Role     *secant.Role
	Password *string
}

// SetupNeeded reports whether nobody has an account yet.
func (s *Store) SetupNeeded(ctx context.Context) (bool, error) { panic("unwritten") }

// NewSetupToken makes the one-time token with which the first owner is created,
// in place of any token made before. ErrConflict when somebody has an account.
func (s *Store) NewSetupToken(ctx context.Context) (string, error) { panic("unwritten") }

// Setup creates the first owner (u.Role is ignored) and uses the token up. A
// wrong token is ErrUnauthorized; when somebody has an account, ErrConflict.
func (s *Store) Setup(ctx context.Context, token string, u NewUser) (secant.User, error) {
	panic("unwritten")
}

// ListUsers returns people by e-mail address.
func (s *Store) ListUsers(ctx context.Context, p Page) (List[secant.User], error) { panic("unwritten") }

// User returns one person, or ErrNotFound.
func (s *Store) User(ctx context.Context, id string) (secant.User, error) { panic("unwritten") }

// CreateUser adds a person. A role above the actor's is ErrForbidden; an e-mail
// address that is taken is ErrConflict.
func (s *Store) CreateUser(ctx context.Context, by secant.Actor, u NewUser) (secant.User, error) {
	panic("unwritten")
}

// UpdateUser changes a person. Changing somebody above the actor's role, or
// giving such a role, is ErrForbidden; demoting the last owner is ErrConflict.
func (s *Store) UpdateUser(ctx context.Context, by secant.Actor, id string, p UserPatch) (secant.User, error) {
	panic("unwritten")
}

// DeleteUser removes a person and ends their sessions. Removing the last owner
// is ErrConflict.
func (s *Store) DeleteUser(ctx context.Context, by secant.Actor, id string) error { panic("unwritten") }
