package store

import (
	"context"

	"github.com/secantdev/secant"
)

// Login checks a password and opens a session, whose secret is for the cookie.
// A wrong password and an unknown e-mail address are the same ErrUnauthorized
// and take the same time. The caller limits how often it may be tried.
func (s *Store) Login(ctx context.Context, email, password string) (u secant.User, session string, err error) {
	panic("unwritten")
}

// CheckPassword reports ErrUnauthorized unless password is that of the person
// with this id.
func (s *Store) CheckPassword(ctx context.Context, id, password string) error { panic("unwritten") }

// Session returns who the session belongs to, with their role as of now, and
// keeps it alive; ErrUnauthorized when it is unknown or over.
func (s *Store) Session(ctx context.Context, session string) (secant.User, error) { panic("unwritten") }

// Logout ends a session. An unknown one is no error.
func (s *Store) Logout(ctx context.Context, session string) error { panic("unwritten") }
