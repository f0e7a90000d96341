package store

import (
	"context"
	"slices"
	"strconv"
	"time"

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
func (s *Store) ListSources(_ context.Context, p Page) (List[secant.Source], error) {
	return pageOf(s.Workspace().Sources, p, func(*secant.Source) bool { return true }, copySource)
}

// Source returns one source, or ErrNotFound.
func (s *Store) Source(_ context.Context, id string) (secant.Source, error) {
	src, ok := s.Workspace().Sources[id]
	if !ok {
		return secant.Source{}, notFound("source", id)
	}
	return copySource(src), nil
}

// copySource returns a source that its receiver may change.
func copySource(src *secant.Source) secant.Source {
	c := *src
	c.WriteKeys = slices.Clone(src.WriteKeys)
	return c
}

// CreateSource adds a source. An empty ID is made from the name; nil WriteKeys
// become one generated key. Version, times and FromFile are set by the store.
// An id or a write key that is taken is ErrConflict.
func (s *Store) CreateSource(ctx context.Context, by secant.Actor, src secant.Source) (secant.Source, error) {
	var made *secant.Source
	err := s.configure(ctx, by, func(e *edit) (err error) {
		made, err = e.createSource(src)
		return err
	})
	if err != nil {
		return secant.Source{}, err
	}
	return copySource(made), nil
}

// UpdateSource changes a source. A patch that changes nothing writes nothing.
func (s *Store) UpdateSource(ctx context.Context, by secant.Actor, id string, p SourcePatch) (secant.Source, error) {
	return s.editSource(ctx, by, id, p.Version, func(src *secant.Source) error {
		set(&src.Name, p.Name)
		set(&src.Type, p.Type)
		set(&src.Enabled, p.Enabled)
		set(&src.RateLimit, p.RateLimit)
		if p.WriteKeys != nil {
			src.WriteKeys = slices.Clone(*p.WriteKeys)
		}
		return nil
	})
}

// DeleteSource removes a source, its destinations, its counters and its
// events in the debugger. version is what the caller saw, 0 for any.
func (s *Store) DeleteSource(ctx context.Context, by secant.Actor, id string, version int64) error {
	return s.configure(ctx, by, func(e *edit) error { return e.deleteSource(id, version) })
}

// AddWriteKey gives a source another write key; an empty key is generated. The
// new key is the last of the returned source's.
func (s *Store) AddWriteKey(ctx context.Context, by secant.Actor, id, key string) (secant.Source, error) {
	if key == "" {
		key = newWriteKey()
	}
	return s.editSource(ctx, by, id, 0, func(src *secant.Source) error {
		src.WriteKeys = append(slices.Clone(src.WriteKeys), key)
		return nil
	})
}

// RemoveWriteKey takes a write key from a source. Events sent with it are
// refused from then on. A key that the source does not have is ErrNotFound.
func (s *Store) RemoveWriteKey(ctx context.Context, by secant.Actor, id, key string) (secant.Source, error) {
	return s.editSource(ctx, by, id, 0, func(src *secant.Source) error {
		i := slices.Index(src.WriteKeys, key)
		if i < 0 {
			return notFound("write key", key)
		}
		src.WriteKeys = slices.Delete(slices.Clone(src.WriteKeys), i, i+1)
		return nil
	})
}

func (s *Store) editSource(ctx context.Context, by secant.Actor, id string, version int64, change func(*secant.Source) error) (secant.Source, error) {
	var made *secant.Source
	err := s.configure(ctx, by, func(e *edit) error {
		old, ok := e.sources[id]
		if !ok {
			return notFound("source", id)
		}
		next := copySource(old)
		if err := change(&next); err != nil {
			return err
		}
		var err error
		made, err = e.updateSource(next, version)
		return err
	})
	if err != nil {
		return secant.Source{}, err
	}
	return copySource(made), nil
}

func (e *edit) createSource(src secant.Source) (*secant.Source, error) {
	if src.ID == "" {
		src.ID = freeID(src.Name, "source", func(id string) bool { return e.sources[id] != nil })
	}
	src.WriteKeys = slices.Clone(src.WriteKeys)
	if src.WriteKeys == nil {
		src.WriteKeys = []string{newWriteKey()}
	}
	if err := src.Validate(); err != nil {
		return nil, err
	}
	if e.sources[src.ID] != nil {
		return nil, conflict("there is a source %q already; choose another id", src.ID)
	}
	src.FromFile = e.by.Kind == "file"
	src.Version = 1
	src.CreatedAt = nextTime(e.now, time.Time{})
	src.UpdatedAt = src.CreatedAt
	_, err := e.exec(`INSERT INTO sources (id, name, type, enabled, rate_limit, from_file, version, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, src.ID, src.Name, string(src.Type), src.Enabled, src.RateLimit, src.FromFile,
		src.Version, millis(src.CreatedAt), millis(src.UpdatedAt))
	if err != nil {
		return nil, err
	}
	e.sources[src.ID] = &src
	e.rekeyed[src.ID] = true
	return &src, e.audit("source.created", src.ID, (*secant.Source)(nil).Diff(&src))
}

// updateSource replaces the source with next's ID by next.
func (e *edit) updateSource(next secant.Source, version int64) (*secant.Source, error) {
	old := e.sources[next.ID]
	if old == nil {
		return nil, notFound("source", next.ID)
	}
	if err := e.guard("source", old.ID, old.FromFile, old.Version, version); err != nil {
		return nil, err
	}
	if err := next.Validate(); err != nil {
		return nil, err
	}
	if e.by.Kind != "file" {
		next.FromFile = old.FromFile
	}
	changes := old.Diff(&next)
	if len(changes) == 0 {
		return old, nil
	}
	next.Version, next.CreatedAt, next.UpdatedAt = old.Version+1, old.CreatedAt, nextTime(e.now, old.UpdatedAt)
	_, err := e.exec(`UPDATE sources SET name = ?, type = ?, enabled = ?, rate_limit = ?, from_file = ?, version = ?, updated_at = ? WHERE id = ?`,
		next.Name, string(next.Type), next.Enabled, next.RateLimit, next.FromFile, next.Version, millis(next.UpdatedAt), next.ID)
	if err != nil {
		return nil, err
	}
	e.sources[next.ID] = &next
	e.rekeyed[next.ID] = true
	return &next, e.audit("source.updated", next.ID, changes)
}

func (e *edit) deleteSource(id string, version int64) error {
	old := e.sources[id]
	if old == nil {
		return notFound("source", id)
	}
	if err := e.guard("source", id, old.FromFile, old.Version, version); err != nil {
		return err
	}
	for _, d := range sortedByID(e.destinations) {
		if d.Source != id {
			continue
		}
		if err := e.deleteDestination(d.ID, 0); err != nil {
			return err
		}
	}
	// The counts themselves are found without their key, and removed, by the
	// upkeep: here it would mean reading all of them.
	err := e.execAll([]string{
		`DELETE FROM write_keys WHERE source = ?`,
		`DELETE FROM debugger_events WHERE source = ?`,
		`DELETE FROM source_activity WHERE source = ?`,
		`DELETE FROM count_keys WHERE source = ?`,
		`DELETE FROM sources WHERE id = ?`,
	}, id)
	if err != nil {
		return err
	}
	if err := e.setMeta(orphansMark, strconv.FormatInt(e.nextID(e.s), 10)); err != nil {
		return err
	}
	e.s.forgetCaches()
	delete(e.sources, id)
	e.rekeyed[id] = true
	return e.audit("source.deleted", id, old.Diff(nil))
}

// set assigns *from to *to unless from is nil.
func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}
