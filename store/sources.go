package store

import (
	"context"

	"github.com/secantdev/secant"
)

// SourcePatch says what to change about a source; nil fields stay as they are.
type SourcePatch struct {
	Name      *string
	Type      *secant.SourceType
	Enabled   *bool
	RateLimit *int
	WriteKeys *[]string // the whole list
	// Version is the version the change was made from, 0 for any. Another one
	// is ErrConflict.
	Version int64
}

// ListSources returns sources by id.
func (s *Store) ListSources(ctx context.Context, p Page) (List[secant.Source], error) {
	panic("unwritten")
}

// Source returns one source, or ErrNotFound.
func (s *Store) Source(ctx context.Context, id string) (secant.Source, error) { panic("unwritten") }

// CreateSource adds a source. An empty ID is made from the name; nil WriteKeys
// become one generated key. Version and times are set by the store. An id or a
// write key that is taken is ErrConflict.
func (s *Store) CreateSource(ctx context.Context, by secant.Actor, src secant.Source) (secant.Source, error) {
	panic("unwritten")
}

// UpdateSource changes a source. A patch that changes nothing writes nothing.
func (s *Store) UpdateSource(ctx context.Context, by secant.Actor, id string, p SourcePatch) (secant.Source, error) {
	panic("unwritten")
}

// DeleteSource removes a source, its destinations, its counters and its
// events in the debugger. version is what the caller saw, 0 for any.
func (s *Store) DeleteSource(ctx context.Context, by secant.Actor, id string, version int64) error {
	panic("unwritten")
}

// AddWriteKey gives a source another write key; an empty key is generated. The
// new key is the last of the returned source's.
func (s *Store) AddWriteKey(ctx context.Context, by secant.Actor, id, key string) (secant.Source, error) {
	panic("unwritten")
}

// RemoveWriteKey takes a write key from a source. Events sent with it are
// refused from then on.
func (s *Store) RemoveWriteKey(ctx context.Context, by secant.Actor, id, key string) (secant.Source, error) {
	panic("unwritten")
}
