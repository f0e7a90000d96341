package secant

import (
	"slices"
	"time"
)

// Role is what a person or an API token may do. Each role may do what the
// roles after it may.
type Role string

// Roles, the strongest first.
const (
	RoleOwner     Role = "owner"     // everything, owners included
	RoleAdmin     Role = "admin"     // people, tokens, sources, destinations, settings
	RolePublisher Role = "publisher" // publishes sites; edits
	RoleEditor    Role = "editor"    // changes sources, destinations and drafts
	RoleViewer    Role = "viewer"    // sees
)

// Roles lists them, the strongest first.
func Roles() []Role { return []Role{RoleOwner, RoleAdmin, RolePublisher, RoleEditor, RoleViewer} }

// Allows reports whether r may do what needs the role need. An unknown role
// allows nothing.
func (r Role) Allows(need Role) bool {
	have, want := slices.Index(Roles(), r), slices.Index(Roles(), need)
	return have >= 0 && want >= 0 && have <= want
}

// Validate reports an unknown role.
func (r Role) Validate() error {
	if !slices.Contains(Roles(), r) {
		return Invalid("role", string(r), "must be one of owner, admin, publisher, editor, viewer")
	}
	return nil
}

// User is a person who signs in to the console.
type User struct {
	ID        string
	Email     string
	Name      string
	Role      Role
	CreatedAt time.Time
}

// Token is an API token; its secret is shown once and stored only as a hash.
type Token struct {
	ID         string
	Name       string
	Role       Role
	CreatedAt  time.Time
	ExpiresAt  time.Time // zero: never
	LastUsedAt time.Time // zero: never; kept to the minute
}

// Actor is who does something, for permission checks and the audit trail.
type Actor struct {
	Kind string // "user", "token", "file", "system"
	ID   string // user or token id, or the file's name
	Name string // e-mail or token name, for people
	Role Role
}

// AuditEntry is one change of the configuration, by whom, when and what.
type AuditEntry struct {
	ID     int64
	At     time.Time
	Actor  Actor
	Action string         // "source.created", "destination.updated", ...
	Target string         // id of what was changed
	Detail map[string]any // what changed; never a secret
}
