package store

import (
	"context"

	"github.com/secantdev/secant"
)

// AuditFilter says which entries of the audit trail to list; empty fields match all.
type AuditFilter struct {
	Target string // id of what was changed
	Action string // "source.created", or "source." for all about sources
	Actor  string // actor's id
}

// ListAudit returns the audit trail, the newest entry first.
func (s *Store) ListAudit(ctx context.Context, f AuditFilter, p Page) (List[secant.AuditEntry], error) {
	panic("unwritten")
}

// Record writes an audit entry for something that is not a change of the store
// itself, such as a sign-in or a re-sent dead letter.
func (s *Store) Record(ctx context.Context, by secant.Actor, action, target string, detail map[string]any) error {
	panic("unwritten")
}
