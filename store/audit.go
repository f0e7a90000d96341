package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/secantdev/secant"
)

// AuditFilter says which entries of the audit trail to list; empty fields match
// all.
type AuditFilter struct {
	Target string // id of what was changed
	Action string // "source.created", or "source." for all about sources
	Actor  string // actor's id
	// From (inclusive) and To (exclusive) bound when; zero: open.
	From, To time.Time
}

// ListAudit returns the audit trail, the newest entry first.
func (s *Store) ListAudit(ctx context.Context, f AuditFilter, p Page) (List[secant.AuditEntry], error) {
	var where conditions
	where.equal("target", f.Target)
	where.equal("actor_id", f.Actor)
	if strings.HasSuffix(f.Action, ".") {
		where.add("SUBSTR(action, 1, ?) = ?", len(f.Action), f.Action)
	} else {
		where.equal("action", f.Action)
	}
	if !f.From.IsZero() {
		where.add("at >= ?", f.From.UnixMilli())
	}
	if !f.To.IsZero() {
		where.add("at < ?", f.To.UnixMilli())
	}
	total, err := s.count(ctx, "audit", where)
	if err != nil {
		return List[secant.AuditEntry]{}, err
	}
	before, _, ok, err := p.afterNumber(1)
	if err != nil {
		return List[secant.AuditEntry]{}, err
	}
	if ok {
		where.add("id < ?", before)
	}
	entries, err := queryAll(ctx, s, readAuditEntry, `SELECT id, at, actor_kind, actor_id, actor_name, actor_role, action, target, detail
		FROM audit`+where.sql()+` ORDER BY id DESC LIMIT ?`, append(where.args, p.limit()+1)...)
	if err != nil {
		return List[secant.AuditEntry]{}, err
	}
	return cut(entries, p, total, func(e secant.AuditEntry) string { return cursor(strconv.FormatInt(e.ID, 10)) }), nil
}

func readAuditEntry(scan scanner, e *secant.AuditEntry) error {
	var at int64
	var detail []byte
	err := scan(&e.ID, &at, &e.Actor.Kind, &e.Actor.ID, &e.Actor.Name, &e.Actor.Role, &e.Action, &e.Target, &detail)
	if err != nil {
		return err
	}
	e.At = fromMillis(at)
	return json.Unmarshal(detail, &e.Detail)
}

// Record writes an audit entry for something that is not a change of the store
// itself, such as a sign-in or a re-sent dead letter. detail must not hold
// secrets; it may be nil.
func (s *Store) Record(ctx context.Context, by secant.Actor, action, target string, detail map[string]any) error {
	return s.write(ctx, func(t *tx) error { return s.audit(t, by, action, target, detail) }, nil)
}

// audit writes an entry in the transaction of what it is about.
func (s *Store) audit(t *tx, by secant.Actor, action, target string, detail map[string]any) error {
	if detail == nil {
		detail = map[string]any{}
	}
	raw, err := json.Marshal(detail)
	if err != nil {
		return fmt.Errorf("encode audit entry: %w", err)
	}
	_, err = t.exec(`INSERT INTO audit (id, at, actor_kind, actor_id, actor_name, actor_role, action, target, detail)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, t.nextID(s), t.now.UnixMilli(), by.Kind, by.ID, by.Name, string(by.Role),
		action, target, string(raw))
	return err
}

// conditions are the parts of a WHERE clause.
type conditions struct {
	parts []string
	args  []any
}

func (c *conditions) add(part string, args ...any) {
	c.parts = append(c.parts, part)
	c.args = append(c.args, args...)
}

// equal compares a column unless value is empty.
func (c *conditions) equal(column, value string) {
	if value != "" {
		c.add(column+" = ?", value)
	}
}

func (c *conditions) sql() string {
	if len(c.parts) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(c.parts, " AND ")
}

// count returns how many rows of a table satisfy the conditions.
func (s *Store) count(ctx context.Context, table string, where conditions) (int, error) {
	return queryOne(ctx, s, nil, func(scan scanner, n *int) error {
		return scan(n)
	}, `SELECT COUNT(*) FROM `+table+where.sql(), where.args...)
}
