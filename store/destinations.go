package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

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
func (s *Store) ListDestinations(_ context.Context, source string, p Page) (List[secant.Destination], error) {
	return pageOf(s.Workspace().Destinations, p, func(d *secant.Destination) bool {
		return source == "" || d.Source == source
	}, copyDestination)
}

// Destination returns one destination, or ErrNotFound. Settings hold secrets in
// the clear.
func (s *Store) Destination(_ context.Context, id string) (secant.Destination, error) {
	d, ok := s.Workspace().Destinations[id]
	if !ok {
		return secant.Destination{}, notFound("destination", id)
	}
	return copyDestination(d), nil
}

// copyDestination returns a destination that its receiver may change, down to
// the keys of its settings; lists and maps inside those stay shared.
func copyDestination(d *secant.Destination) secant.Destination {
	c := *d
	c.Settings = maps.Clone(d.Settings)
	return c
}

// CreateDestination adds a destination. An empty ID is made from the name, an
// empty name is the id. A source that does not exist is ErrInvalid.
func (s *Store) CreateDestination(ctx context.Context, by secant.Actor, d secant.Destination) (secant.Destination, error) {
	var made *secant.Destination
	err := s.configure(ctx, by, func(e *edit) (err error) {
		made, err = e.createDestination(d)
		return err
	})
	if err != nil {
		return secant.Destination{}, err
	}
	return copyDestination(made), nil
}

// UpdateDestination changes a destination. A patch that changes nothing writes
// nothing.
func (s *Store) UpdateDestination(ctx context.Context, by secant.Actor, id string, p DestinationPatch) (secant.Destination, error) {
	var made *secant.Destination
	err := s.configure(ctx, by, func(e *edit) error {
		old, ok := e.destinations[id]
		if !ok {
			return notFound("destination", id)
		}
		next := copyDestination(old)
		set(&next.Name, p.Name)
		set(&next.Enabled, p.Enabled)
		for k, v := range p.Settings {
			if v == nil {
				delete(next.Settings, k)
			} else {
				next.Settings[k] = v
			}
		}
		var err error
		made, err = e.updateDestination(next, p.Version)
		return err
	})
	if err != nil {
		return secant.Destination{}, err
	}
	return copyDestination(made), nil
}

// DeleteDestination removes a destination with its cursors, parked deliveries
// and dead letters; its counts stay. version is what the caller saw, 0 for any.
func (s *Store) DeleteDestination(ctx context.Context, by secant.Actor, id string, version int64) error {
	return s.configure(ctx, by, func(e *edit) error { return e.deleteDestination(id, version) })
}

func (e *edit) createDestination(d secant.Destination) (*secant.Destination, error) {
	if d.ID == "" {
		d.ID = freeID(d.Name, d.Type, func(id string) bool { return e.destinations[id] != nil })
	}
	if d.Name == "" {
		d.Name = d.ID
	}
	if err := e.checkDestination(&d); err != nil {
		return nil, err
	}
	if e.destinations[d.ID] != nil {
		return nil, conflict("there is a destination %q already; choose another id", d.ID)
	}
	sealed, err := e.s.sealSettings(&d)
	if err != nil {
		return nil, err
	}
	d.FromFile = e.by.Kind == "file"
	d.Version = 1
	d.CreatedAt = nextTime(e.now, time.Time{})
	d.UpdatedAt = d.CreatedAt
	_, err = e.exec(`INSERT INTO destinations (id, name, source, type, enabled, settings, from_file, version, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, d.ID, d.Name, d.Source, d.Type, d.Enabled, sealed, d.FromFile,
		d.Version, millis(d.CreatedAt), millis(d.UpdatedAt))
	if err != nil {
		return nil, err
	}
	e.destinations[d.ID] = &d
	return &d, e.audit("destination.created", d.ID, (*secant.Destination)(nil).Diff(&d, e.s.secret(d.Type)))
}

// updateDestination replaces the destination with next's ID by next.
func (e *edit) updateDestination(next secant.Destination, version int64) (*secant.Destination, error) {
	old := e.destinations[next.ID]
	if old == nil {
		return nil, notFound("destination", next.ID)
	}
	if err := e.guard("destination", old.ID, old.FromFile, old.Version, version); err != nil {
		return nil, err
	}
	if err := e.checkDestination(&next); err != nil {
		return nil, err
	}
	if e.by.Kind != "file" {
		next.FromFile = old.FromFile
	}
	changes := old.Diff(&next, e.s.secretOfEither(old.Type, next.Type))
	if len(changes) == 0 {
		return old, nil
	}
	sealed, err := e.s.sealSettings(&next)
	if err != nil {
		return nil, err
	}
	next.Version, next.CreatedAt, next.UpdatedAt = old.Version+1, old.CreatedAt, nextTime(e.now, old.UpdatedAt)
	_, err = e.exec(`UPDATE destinations SET name = ?, source = ?, type = ?, enabled = ?, settings = ?, from_file = ?, version = ?, updated_at = ? WHERE id = ?`,
		next.Name, next.Source, next.Type, next.Enabled, sealed, next.FromFile, next.Version, millis(next.UpdatedAt), next.ID)
	if err != nil {
		return nil, err
	}
	e.destinations[next.ID] = &next
	return &next, e.audit("destination.updated", next.ID, changes)
}

func (e *edit) deleteDestination(id string, version int64) error {
	old := e.destinations[id]
	if old == nil {
		return notFound("destination", id)
	}
	if err := e.guard("destination", id, old.FromFile, old.Version, version); err != nil {
		return err
	}
	if err := e.forgetDeliveries(id); err != nil {
		return err
	}
	if _, err := e.exec(`DELETE FROM destinations WHERE id = ?`, id); err != nil {
		return err
	}
	delete(e.destinations, id)
	return e.audit("destination.deleted", id, old.Diff(nil, e.s.secret(old.Type)))
}

// checkDestination validates d and brings its settings into the form in which
// they are stored: what decoding their JSON gives.
func (e *edit) checkDestination(d *secant.Destination) error {
	if err := d.Validate(); err != nil {
		return err
	}
	if e.sources[d.Source] == nil {
		return secant.Invalid("source", d.Source, "there is no such source; create it first, or name another one")
	}
	settings := d.Settings
	if settings == nil {
		settings = map[string]any{}
	}
	if e.s.o.ValidateSettings != nil {
		var err error
		if settings, err = e.s.o.ValidateSettings(d.Type, settings); err != nil {
			return err
		}
	}
	raw, err := json.Marshal(settings)
	if err != nil {
		// The error may quote a value, and the value may be a secret.
		return secant.Invalid("settings", "", "cannot be written as JSON")
	}
	d.Settings = nil
	if err := json.Unmarshal(raw, &d.Settings); err != nil {
		return errors.New("settings do not survive JSON")
	}
	return nil
}

func (s *Store) sealSettings(d *secant.Destination) ([]byte, error) {
	raw, err := json.Marshal(d.Settings)
	if err != nil {
		return nil, fmt.Errorf("encode settings of destination %q: %w", d.ID, err)
	}
	return s.vault.seal(destinationPlace(d.ID), raw), nil
}

// secretOfEither is for a destination that changes its type: a setting shows
// only if neither type calls it secret.
func (s *Store) secretOfEither(a, b string) func(string) bool {
	ofA, ofB := s.secret(a), s.secret(b)
	if ofA == nil || ofB == nil {
		return nil
	}
	return func(key string) bool { return ofA(key) || ofB(key) }
}
