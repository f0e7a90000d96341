package store

import (
	"context"
	"crypto/subtle"

	"github.com/secantdev/secant"
)

// SetupNeeded reports whether nobody has an account yet.
func (s *Store) SetupNeeded(ctx context.Context) (bool, error) {
	n, err := s.count(ctx, "users", conditions{})
	return err == nil && n == 0, err
}

// NewSetupToken makes the one-time token with which the first owner is created,
// in place of any token made before. ErrConflict when somebody has an account.
func (s *Store) NewSetupToken(ctx context.Context) (string, error) {
	token := randomText(32)
	err := s.write(ctx, func(t *tx) error {
		if err := t.nobody(); err != nil {
			return err
		}
		return t.setMeta("setup_token", hashSecret(token))
	}, nil)
	if err != nil {
		return "", err
	}
	return token, nil
}

// Setup creates the first owner (u.Role is ignored) and uses the token up. A
// wrong token is ErrUnauthorized; when somebody has an account, ErrConflict.
func (s *Store) Setup(ctx context.Context, token string, u NewUser) (secant.User, error) {
	want, err := s.meta(ctx, "setup_token")
	if err != nil {
		return secant.User{}, s.explain(err)
	}
	if want == "" || subtle.ConstantTimeCompare([]byte(hashSecret(token)), []byte(want)) != 1 {
		if needed, err := s.SetupNeeded(ctx); err != nil || !needed {
			return secant.User{}, orElse(err, errSetUp)
		}
		return secant.User{}, &problem{secant.ErrUnauthorized, "the set-up link is not valid; use the newest one that the server printed, or restart it for another"}
	}
	u.Role = secant.RoleOwner
	hash, err := s.prepareUser(ctx, &u)
	if err != nil {
		return secant.User{}, err
	}
	var made secant.User
	err = s.write(ctx, func(t *tx) error {
		if err := t.nobody(); err != nil {
			return err
		}
		// Read again: another request may have used it since.
		n, err := t.exec(`DELETE FROM meta WHERE name = ? AND value = ?`, "setup_token", want)
		if err != nil || n == 0 {
			return orElse(err, errSetUp)
		}
		made, err = s.insertUser(t, secant.Actor{Kind: "system", ID: "setup", Name: "set-up link", Role: secant.RoleOwner}, u, hash)
		return err
	}, nil)
	return made, err
}

var errSetUp = conflict("Secant is set up already; sign in")

// nobody reports ErrConflict when somebody has an account.
func (t *tx) nobody() error {
	var n int
	if err := t.row(`SELECT COUNT(*) FROM users`).Scan(&n); err != nil {
		return err
	}
	if n > 0 {
		return errSetUp
	}
	return nil
}

func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}
