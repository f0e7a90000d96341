package store

import (
	"context"

	"github.com/secantdev/secant"
)

// DestinationPatch says what to change about a destination; nil fields stay as
// they are.
type DestinationPatch struct {
	Name    *string
	Enabled *bool
	// Settings are merged into the stored ones key by key: a nil value
	// removes its key, keys that are absent stay. So a form can leave out the
	// secrets it never saw.
	Settings map[string]any
	// Version is the version the change was made from, 0 for any. Another one
	// is ErrConflict.
	Version int64
}

// ListDestinations returns destinations by id, those of one source when source
// is not empty. Settings hold secrets in the clear: whoever shows them masks.
func (s *Store) ListDestinations(ctx context.Context, source string, p Page) (List[secant.Destination], error) {
	panic("unwritten")
}

// Destination returns one destination, or ErrNotFound.
func (s *Store) Destination(ctx context.Context, id string) (secant.Destination, error) {
	panic("unwritten")
}

// CreateDestination adds a destination. An empty ID is made from the name, an
// empty name is the id. A source that does not exist is ErrInvalid.
func (s *Store) CreateDestination(ctx context.Context, by secant.Actor, d secant.Destination) (secant.Destination, error) {
	panic("unwritten")
}

// UpdateDestination changes a destination. A patch that changes nothing writes
// nothing.
func (s *Store) UpdateDestination(ctx context.Context, by secant.Actor, id string, p DestinationPatch) (secant.Destination, error) {
	panic("unwritten")
}

// DeleteDestination removes a destination with its cursors, parked deliveries
// and dead letters. version is what the caller saw, 0 for any.
func (s *Store) DeleteDestination(ctx context.Context, by secant.Actor, id string, version int64) error {
	panic("unwritten")
}

// Apply makes all changes in one transaction, or none: the changes of a plan
// for the workspace file. Each is audited. Resources that are managed by the
// configuration file are ErrConflict unless by.Kind is "file".
func (s *Store) Apply(ctx context.Context, by secant.Actor, changes []secant.Change) error {
	panic("unwritten")
}
