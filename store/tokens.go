package store

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/secantdev/secant"
)

// tokenPrefix begins every API token, so that scanners for leaked secrets and
// people recognise one.
const tokenPrefix = "sct_"

// NewToken is an API token to create.
type NewToken struct {
	Name      string
	Role      secant.Role
	ExpiresAt time.Time // zero: never
}

const selectToken = `SELECT id, name, role, created_at, expires_at, last_used_at FROM tokens`

func readToken(scan scanner, tok *secant.Token) error {
	var created, expires, used int64
	err := scan(&tok.ID, &tok.Name, &tok.Role, &created, &expires, &used)
	tok.CreatedAt, tok.ExpiresAt, tok.LastUsedAt = fromMillis(created), fromMillis(expires), fromMillis(used)
	return err
}

// ListTokens returns API tokens, the newest first.
func (s *Store) ListTokens(ctx context.Context, p Page) (List[secant.Token], error) {
	total, err := s.count(ctx, "tokens", conditions{})
	if err != nil {
		return List[secant.Token]{}, err
	}
	at, parts, ok, err := p.afterNumber(2)
	if err != nil {
		return List[secant.Token]{}, err
	}
	var where conditions
	if ok {
		where.add(`(created_at < ? OR (created_at = ? AND id < ?))`, at, at, parts[1])
	}
	tokens, err := queryAll(ctx, s, readToken, selectToken+where.sql()+` ORDER BY created_at DESC, id DESC LIMIT ?`,
		append(where.args, p.limit()+1)...)
	if err != nil {
		return List[secant.Token]{}, err
	}
	return cut(tokens, p, total, func(tok secant.Token) string {
		return cursor(strconv.FormatInt(millis(tok.CreatedAt), 10), tok.ID)
	}), nil
}

// CreateToken makes an API token and returns its secret, which is not stored.
// A role above the actor's is ErrForbidden.
func (s *Store) CreateToken(ctx context.Context, by secant.Actor, n NewToken) (tok secant.Token, secret string, err error) {
	n.Name = strings.TrimSpace(n.Name)
	switch {
	case n.Name == "" || len(n.Name) > 200:
		return tok, "", secant.Invalid("name", n.Name, "must have 1 to 200 bytes and say what the token is for")
	case !n.ExpiresAt.IsZero() && !n.ExpiresAt.After(s.now()):
		return tok, "", secant.Invalid("expiresAt", n.ExpiresAt.Format(time.RFC3339), "must be in the future, or absent for a token without an end")
	}
	if err := n.Role.Validate(); err != nil {
		return tok, "", err
	}
	if err := outranks(by, n.Role); err != nil {
		return tok, "", err
	}
	secret = tokenPrefix + randomText(40)
	err = s.write(ctx, func(t *tx) error {
		tok = secant.Token{ID: newID("tok"), Name: n.Name, Role: n.Role,
			CreatedAt: fromMillis(t.now.UnixMilli()), ExpiresAt: fromMillis(millis(n.ExpiresAt))}
		_, err := t.exec(`INSERT INTO tokens (id, hash, name, role, created_at, expires_at, last_used_at) VALUES (?, ?, ?, ?, ?, ?, 0)`,
			tok.ID, hashSecret(secret), tok.Name, string(tok.Role), millis(tok.CreatedAt), millis(tok.ExpiresAt))
		if err != nil {
			return err
		}
		detail := map[string]any{"name": tok.Name, "role": tok.Role}
		if !tok.ExpiresAt.IsZero() {
			detail["expiresAt"] = tok.ExpiresAt
		}
		return s.audit(t, by, "token.created", tok.ID, detail)
	}, nil)
	if err != nil {
		return secant.Token{}, "", err
	}
	return tok, secret, nil
}

// DeleteToken revokes an API token at once. One with a role above the actor's
// is ErrForbidden.
func (s *Store) DeleteToken(ctx context.Context, by secant.Actor, id string) error {
	return s.write(ctx, func(t *tx) error {
		var tok secant.Token
		err := readToken(t.row(selectToken+` WHERE id = ?`, id).Scan, &tok)
		if errors.Is(err, sql.ErrNoRows) {
			return notFound("token", id)
		}
		if err != nil {
			return err
		}
		if err := outranks(by, tok.Role); err != nil {
			return err
		}
		if _, err := t.exec(`DELETE FROM tokens WHERE id = ?`, id); err != nil {
			return err
		}
		return s.audit(t, by, "token.deleted", id, map[string]any{"name": tok.Name, "role": tok.Role})
	}, nil)
}

// Token returns the API token with this secret and notes its use, to the
// minute; ErrUnauthorized when it is unknown or expired.
func (s *Store) Token(ctx context.Context, secret string) (secant.Token, error) {
	unknown := &problem{secant.ErrUnauthorized, "the API token is unknown, revoked or expired"}
	if !strings.HasPrefix(secret, tokenPrefix) {
		return secant.Token{}, unknown
	}
	tok, err := queryOne(ctx, s, unknown, readToken, selectToken+` WHERE hash = ?`, hashSecret(secret))
	if err != nil {
		return secant.Token{}, err
	}
	now := s.now()
	if !tok.ExpiresAt.IsZero() && !now.Before(tok.ExpiresAt) {
		return secant.Token{}, unknown
	}
	if minute := now.UTC().Truncate(time.Minute); minute.After(tok.LastUsedAt) {
		err := s.write(ctx, func(t *tx) error {
			_, err := t.exec(`UPDATE tokens SET last_used_at = ? WHERE id = ? AND last_used_at < ?`, millis(minute), tok.ID, millis(minute))
			return err
		}, nil)
		if err != nil {
			// A token must not stop working because the disk is full.
			s.log.Warn("could not note the use of a token", "error", err)
		}
		tok.LastUsedAt = minute
	}
	return tok, nil
}
