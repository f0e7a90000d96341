package secant

// ChangeAction is what a Change does to its resource.
type ChangeAction string

// Actions of a change. Unchanged stands in plans, so that a person sees that
// the resource was looked at; applying it does nothing.
const (
	ActionCreate    ChangeAction = "create"
	ActionUpdate    ChangeAction = "update"
	ActionDelete    ChangeAction = "delete"
	ActionUnchanged ChangeAction = "unchanged"
)

// Kinds of resource that a Change can be about.
const (
	KindSource      = "source"
	KindDestination = "destination"
)

// Change is one step of a plan: what becomes of one resource. A list of changes
// is applied as a whole or not at all.
type Change struct {
	Action ChangeAction
	Kind   string
	ID     string
	// Version is the version the plan was made from; applying to another one
	// is a conflict. It is 0 for resources to create.
	Version int64
	// Source or Destination is the whole wanted state, for create and update;
	// the other one, and both for delete, are nil.
	Source      *Source
	Destination *Destination
	// Fields lists what an update changes, in a stable order, for people. It
	// holds no secrets: a changed secret shows as FieldSecret.
	Fields []FieldChange
}

// FieldSecret stands for the value of a secret wherever changes are shown.
const FieldSecret = "(secret)"

// FieldChange is one field that an update changes. From is nil when the field
// appears, To when it goes.
type FieldChange struct {
	Field string `json:"field"` // path, for example "settings.url"
	From  any    `json:"from"`
	To    any    `json:"to"`
}
