package store

import (
	"context"
	"database/sql"
	"errors"
	"net/mail"
	"slices"
	"strings"

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

const selectUser = `SELECT id, email, name, role, created_at FROM users`

func readUser(scan scanner, u *secant.User) error {
	var created int64
	err := scan(&u.ID, &u.Email, &u.Name, &u.Role, &created)
	u.CreatedAt = fromMillis(created)
	return err
}

// ListUsers returns people by e-mail address.
func (s *Store) ListUsers(ctx context.Context, p Page) (List[secant.User], error) {
	total, err := s.count(ctx, "users", conditions{})
	if err != nil {
		return List[secant.User]{}, err
	}
	parts, _, err := p.after(1)
	if err != nil {
		return List[secant.User]{}, err
	}
	users, err := queryAll(ctx, s, readUser, selectUser+` WHERE email > ? ORDER BY email LIMIT ?`, parts[0], p.limit()+1)
	if err != nil {
		return List[secant.User]{}, err
	}
	return cut(users, p, total, func(u secant.User) string { return cursor(u.Email) }), nil
}

// User returns one person, or ErrNotFound.
func (s *Store) User(ctx context.Context, id string) (secant.User, error) {
	return queryOne(ctx, s, notFound("user", id), readUser, selectUser+` WHERE id = ?`, id)
}

// CreateUser adds a person. A role above the actor's is ErrForbidden; an e-mail
// address that is taken is ErrConflict.
func (s *Store) CreateUser(ctx context.Context, by secant.Actor, u NewUser) (secant.User, error) {
	hash, err := s.prepareUser(ctx, &u)
	if err != nil {
		return secant.User{}, err
	}
	if err := outranks(by, u.Role); err != nil {
		return secant.User{}, err
	}
	var made secant.User
	err = s.write(ctx, func(t *tx) (err error) {
		made, err = s.insertUser(t, by, u, hash)
		return err
	}, nil)
	return made, err
}

// prepareUser checks and completes u, and hashes its password: outside the
// transaction, since that takes long.
func (s *Store) prepareUser(ctx context.Context, u *NewUser) (hash string, err error) {
	if u.Email, err = cleanEmail(u.Email); err != nil {
		return "", err
	}
	if u.Name = strings.TrimSpace(u.Name); u.Name == "" {
		u.Name = u.Email
	}
	if len(u.Name) > 200 {
		return "", secant.Invalid("name", u.Name, "must not be longer than 200 bytes")
	}
	if err := u.Role.Validate(); err != nil {
		return "", err
	}
	if err := checkPassword(u.Email, u.Password); err != nil {
		return "", err
	}
	return s.hashPassword(ctx, u.Password)
}

// cleanEmail returns the address in lower case, in which people are found.
func cleanEmail(email string) (string, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	parsed, err := mail.ParseAddress(email)
	if err != nil || parsed.Address != email || len(email) > 254 {
		return "", secant.Invalid("email", email, "must be an e-mail address, like ann@example.com")
	}
	return email, nil
}

func (s *Store) insertUser(t *tx, by secant.Actor, u NewUser, hash string) (secant.User, error) {
	made := secant.User{ID: newID("usr"), Email: u.Email, Name: u.Name, Role: u.Role, CreatedAt: fromMillis(t.now.UnixMilli())}
	n, err := t.exec(`INSERT INTO users (id, email, name, role, password, created_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (email) DO NOTHING`, made.ID, made.Email, made.Name, string(made.Role), hash, millis(made.CreatedAt))
	if err != nil {
		return secant.User{}, err
	}
	if n == 0 {
		return secant.User{}, conflict("somebody with the e-mail address %s has an account already; use another address", u.Email)
	}
	return made, s.audit(t, by, "user.created", made.ID, map[string]any{"email": made.Email, "role": made.Role})
}

// outranks reports ErrForbidden when a person or token wants to hand out, or
// to touch, a role above their own.
func outranks(by secant.Actor, role secant.Role) error {
	if (by.Kind == "user" || by.Kind == "token") && !by.Role.Allows(role) {
		return &problem{secant.ErrForbidden, "only somebody with the role " + string(role) + " or above may do this"}
	}
	return nil
}

// UpdateUser changes a person. Changing somebody above the actor's role, or
// giving such a role, is ErrForbidden; demoting the last owner is ErrConflict.
func (s *Store) UpdateUser(ctx context.Context, by secant.Actor, id string, p UserPatch) (secant.User, error) {
	hash := ""
	if p.Password != nil {
		email := ""
		if u, err := s.User(ctx, id); err != nil {
			return secant.User{}, err
		} else if email = u.Email; p.Email != nil {
			email = *p.Email
		}
		if err := checkPassword(email, *p.Password); err != nil {
			return secant.User{}, err
		}
		var err error
		if hash, err = s.hashPassword(ctx, *p.Password); err != nil {
			return secant.User{}, err
		}
	}
	var next secant.User
	err := s.write(ctx, func(t *tx) error {
		old, err := t.user(id)
		if err != nil {
			return err
		}
		next = old
		changes, err := patchUser(&next, p)
		if err != nil {
			return err
		}
		if err := errors.Join(outranks(by, old.Role), outranks(by, next.Role)); err != nil {
			return err
		}
		if old.Role == secant.RoleOwner && next.Role != secant.RoleOwner {
			if err := t.keepOwner(id); err != nil {
				return err
			}
		}
		if len(changes) == 0 {
			return nil
		}
		return s.updateUser(t, by, next, hash, changes)
	}, nil)
	if err != nil {
		return secant.User{}, err
	}
	return next, nil
}

// patchUser applies everything but the password, and returns what changes.
func patchUser(u *secant.User, p UserPatch) (changes []secant.FieldChange, err error) {
	old := *u
	if p.Email != nil {
		if u.Email, err = cleanEmail(*p.Email); err != nil {
			return nil, err
		}
	}
	if p.Name != nil {
		if u.Name = strings.TrimSpace(*p.Name); u.Name == "" || len(u.Name) > 200 {
			return nil, secant.Invalid("name", *p.Name, "must have 1 to 200 bytes")
		}
	}
	if p.Role != nil {
		if err := p.Role.Validate(); err != nil {
			return nil, err
		}
		u.Role = *p.Role
	}
	for _, c := range []secant.FieldChange{
		{Field: "email", From: old.Email, To: u.Email}, {Field: "name", From: old.Name, To: u.Name},
		{Field: "role", From: old.Role, To: u.Role},
	} {
		if c.From != c.To {
			changes = append(changes, c)
		}
	}
	if p.Password != nil {
		changes = append(changes, secant.FieldChange{Field: "password", From: secant.FieldSecret, To: secant.FieldSecret})
	}
	return changes, nil
}

func (s *Store) updateUser(t *tx, by secant.Actor, u secant.User, hash string, changes []secant.FieldChange) error {
	if other, err := t.userID(u.Email); err != nil {
		return err
	} else if other != "" && other != u.ID {
		return conflict("somebody with the e-mail address %s has an account already; use another address", u.Email)
	}
	if _, err := t.exec(`UPDATE users SET email = ?, name = ?, role = ? WHERE id = ?`, u.Email, u.Name, string(u.Role), u.ID); err != nil {
		return err
	}
	if hash != "" {
		if _, err := t.exec(`UPDATE users SET password = ? WHERE id = ?`, hash, u.ID); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(changes, func(c secant.FieldChange) bool { return c.Field == "password" || c.Field == "email" }) {
		if _, err := t.exec(`DELETE FROM sessions WHERE user_id = ?`, u.ID); err != nil {
			return err
		}
	}
	return s.audit(t, by, "user.updated", u.ID, map[string]any{"email": u.Email, "changes": changes})
}

// DeleteUser removes a person and ends their sessions. Removing the last owner
// is ErrConflict.
func (s *Store) DeleteUser(ctx context.Context, by secant.Actor, id string) error {
	return s.write(ctx, func(t *tx) error {
		old, err := t.user(id)
		if err != nil {
			return err
		}
		if err := outranks(by, old.Role); err != nil {
			return err
		}
		if old.Role == secant.RoleOwner {
			if err := t.keepOwner(id); err != nil {
				return err
			}
		}
		if err := t.execAll([]string{`DELETE FROM sessions WHERE user_id = ?`, `DELETE FROM users WHERE id = ?`}, id); err != nil {
			return err
		}
		return s.audit(t, by, "user.deleted", id, map[string]any{"email": old.Email, "role": old.Role})
	}, nil)
}

func (t *tx) user(id string) (secant.User, error) {
	var u secant.User
	err := readUser(t.row(selectUser+` WHERE id = ?`, id).Scan, &u)
	if errors.Is(err, sql.ErrNoRows) {
		return u, notFound("user", id)
	}
	return u, err
}

// userID returns the id of whoever has the e-mail address, or "".
func (t *tx) userID(email string) (id string, err error) {
	err = t.row(`SELECT id FROM users WHERE email = ?`, email).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, err
}

// keepOwner reports ErrConflict when id is the only owner: nobody could manage
// the owners any more.
func (t *tx) keepOwner(id string) error {
	var others int
	err := t.row(`SELECT COUNT(*) FROM users WHERE role = ? AND id <> ?`, string(secant.RoleOwner), id).Scan(&others)
	if err == nil && others == 0 {
		return conflict("this is the last owner; make somebody else an owner first")
	}
	return err
}
