package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/secantdev/secant"
)

// A session ends when it was not used for sessionIdle, and at the latest after
// sessionMax.
const (
	sessionIdle = 30 * 24 * time.Hour
	sessionMax  = 90 * 24 * time.Hour
	// sessionStep is how much must be gained before the new end is written.
	sessionStep = 24 * time.Hour
)

// hashSecret is how random secrets are stored. They have 190 bits and more of
// chance, so a plain hash is enough.
func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

var errSignIn = &problem{secant.ErrUnauthorized, "the e-mail address or the password is wrong; try again, or ask an admin for a new password"}

// nobodysPassword is a hash that is checked when nobody has the e-mail address,
// so that the answer takes as long as for somebody.
const nobodysPassword = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5J3Mgc2FsdCEhIQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// Login checks a password and opens a session, whose secret is for the cookie.
// A wrong password and an unknown e-mail address are the same ErrUnauthorized
// and take the same time. The caller limits how often it may be tried.
func (s *Store) Login(ctx context.Context, email, password string) (u secant.User, session string, err error) {
	clean, err := cleanEmail(email)
	if err != nil {
		clean = "" // nobody's, and no hint that it could not be anybody's
	}
	id, hash, err := s.checkPassword(ctx, `email = ?`, clean, password)
	if err != nil {
		return secant.User{}, "", err
	}
	session = randomText(43) // 256 bits
	err = s.write(ctx, func(t *tx) error {
		// Hashing takes a while: the person may be gone by now, or the password
		// changed because somebody else knows it.
		u = secant.User{}
		err := readUser(t.row(selectUser+` WHERE id = ? AND password = ?`, id, hash).Scan, &u)
		if errors.Is(err, sql.ErrNoRows) {
			return errSignIn
		}
		if err != nil {
			return fmt.Errorf("read user: %w", err)
		}
		if _, err := t.exec(`INSERT INTO sessions (hash, user_id, created_at, expires_at) VALUES (?, ?, ?, ?)`,
			hashSecret(session), u.ID, t.now.UnixMilli(), t.now.Add(sessionIdle).UnixMilli()); err != nil {
			return err
		}
		return s.audit(t, secant.Actor{Kind: "user", ID: u.ID, Name: u.Email, Role: u.Role}, "user.signed_in", u.ID, nil)
	}, nil)
	if err != nil {
		return secant.User{}, "", err
	}
	return u, session, nil
}

// CheckPassword reports ErrUnauthorized unless password is that of the person
// with this id.
func (s *Store) CheckPassword(ctx context.Context, id, password string) error {
	_, _, err := s.checkPassword(ctx, `id = ?`, id, password)
	return err
}

// checkPassword returns the id of the person whose column which has the value,
// and the hash that the password fits.
func (s *Store) checkPassword(ctx context.Context, which, value, password string) (id, hash string, err error) {
	err = s.reader.QueryRowContext(ctx, `SELECT id, password FROM users WHERE `+which, value).Scan(&id, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		hash = nobodysPassword
	} else if err != nil {
		return "", "", fmt.Errorf("read password: %w", s.explain(err))
	}
	right, err := s.verifyPassword(ctx, hash, password)
	if err != nil {
		return "", "", err
	}
	if !right || id == "" {
		return "", "", errSignIn
	}
	return id, hash, nil
}

// Session returns who the session belongs to, with their role as of now, and
// keeps it alive; ErrUnauthorized when it is unknown or over.
func (s *Store) Session(ctx context.Context, session string) (secant.User, error) {
	type found struct {
		user             secant.User
		created, expires int64
	}
	hash := hashSecret(session)
	over := &problem{secant.ErrUnauthorized, "the session is over; sign in again"}
	f, err := queryOne(ctx, s, over, func(scan scanner, f *found) error {
		var since int64
		err := scan(&f.user.ID, &f.user.Email, &f.user.Name, &f.user.Role, &since, &f.created, &f.expires)
		f.user.CreatedAt = fromMillis(since)
		return err
	}, `SELECT u.id, u.email, u.name, u.role, u.created_at, s.created_at, s.expires_at
		FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.hash = ?`, hash)
	if err != nil {
		return secant.User{}, err
	}
	now := s.now()
	if now.UnixMilli() >= f.expires {
		return secant.User{}, over
	}
	end := min(now.Add(sessionIdle).UnixMilli(), fromMillis(f.created).Add(sessionMax).UnixMilli())
	if end-f.expires >= sessionStep.Milliseconds() {
		err := s.write(ctx, func(t *tx) error {
			_, err := t.exec(`UPDATE sessions SET expires_at = ? WHERE hash = ?`, end, hash)
			return err
		}, nil)
		if err != nil {
			// Being signed in must not depend on a disk with room.
			s.log.Warn("could not prolong a session", "error", err)
		}
	}
	return f.user, nil
}

// Logout ends a session. An unknown one is no error.
func (s *Store) Logout(ctx context.Context, session string) error {
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(`DELETE FROM sessions WHERE hash = ?`, hashSecret(session))
		return err
	}, nil)
}
