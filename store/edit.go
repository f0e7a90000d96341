package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/secantdev/secant"
)

// edit is one change of the configuration: a transaction together with the
// picture of the workspace as it will be. The store is the only writer and the
// picture is complete, so what exists is looked up in memory.
type edit struct {
	*tx
	s            *Store
	by           secant.Actor
	sources      map[string]*secant.Source
	destinations map[string]*secant.Destination
	rekeyed      map[string]bool // sources whose write keys are to be written
	changed      bool
}

// configure runs fn on a copy of the workspace. When fn returns nil and the
// transaction is committed, the copy becomes the workspace.
func (s *Store) configure(ctx context.Context, by secant.Actor, fn func(*edit) error) error {
	var e *edit
	return s.write(ctx, func(t *tx) error {
		w := s.Workspace()
		e = &edit{tx: t, s: s, by: by, rekeyed: map[string]bool{},
			sources: maps.Clone(w.Sources), destinations: maps.Clone(w.Destinations)}
		if err := fn(e); err != nil {
			return err
		}
		return e.writeKeys()
	}, func() {
		if e.changed {
			s.workspace.Store(secant.NewWorkspace(slices.Collect(maps.Values(e.sources)), slices.Collect(maps.Values(e.destinations))))
			s.watch.notify()
		}
	})
}

// loadWorkspace reads the whole configuration.
func (s *Store) loadWorkspace(ctx context.Context) error {
	sources, err := queryAll(ctx, s, func(scan scanner, src *secant.Source) error {
		var created, updated int64
		err := scan(&src.ID, &src.Name, &src.Type, &src.Enabled, &src.RateLimit, &src.FromFile, &src.Version, &created, &updated)
		src.CreatedAt, src.UpdatedAt = fromMillis(created), fromMillis(updated)
		return err
	}, `SELECT id, name, type, enabled, rate_limit, from_file, version, created_at, updated_at FROM sources`)
	if err != nil {
		return err
	}
	keys, err := queryAll(ctx, s, func(scan scanner, k *[2]string) error {
		return scan(&k[0], &k[1])
	}, `SELECT source, write_key FROM write_keys ORDER BY source, place`)
	if err != nil {
		return err
	}
	ofSource := map[string][]string{}
	for _, k := range keys {
		ofSource[k[0]] = append(ofSource[k[0]], k[1])
	}
	for i := range sources {
		sources[i].WriteKeys = ofSource[sources[i].ID]
	}
	destinations, err := queryAll(ctx, s, s.readDestination,
		`SELECT id, name, source, type, enabled, settings, from_file, version, created_at, updated_at FROM destinations`)
	if err != nil {
		return err
	}
	s.workspace.Store(secant.NewWorkspace(pointers(sources), pointers(destinations)))
	return nil
}

func pointers[T any](all []T) []*T {
	ps := make([]*T, len(all))
	for i := range all {
		ps[i] = &all[i]
	}
	return ps
}

func (s *Store) readDestination(scan scanner, d *secant.Destination) error {
	var created, updated int64
	var sealed []byte
	err := scan(&d.ID, &d.Name, &d.Source, &d.Type, &d.Enabled, &sealed, &d.FromFile, &d.Version, &created, &updated)
	if err != nil {
		return err
	}
	plain, err := s.vault.open(destinationPlace(d.ID), sealed)
	if err != nil {
		return fmt.Errorf("read settings of destination %q: %w", d.ID, err)
	}
	if err := json.Unmarshal(plain, &d.Settings); err != nil {
		return fmt.Errorf("read settings of destination %q: %w", d.ID, err)
	}
	d.CreatedAt, d.UpdatedAt = fromMillis(created), fromMillis(updated)
	return nil
}

func destinationPlace(id string) string { return "destinations/" + id }

// writeKeys writes the write keys of all changed sources at once, so that a key
// can move from one to another, and finds keys that two sources have.
func (e *edit) writeKeys() error {
	if len(e.rekeyed) == 0 {
		return nil
	}
	owner := map[string]string{}
	for _, id := range slices.Sorted(maps.Keys(e.sources)) {
		for _, k := range e.sources[id].WriteKeys {
			if other, taken := owner[k]; taken {
				return conflict("write key %q belongs to source %q already; choose another key for source %q", k, other, id)
			}
			owner[k] = id
		}
	}
	var rows [][]any
	for id := range e.rekeyed {
		if _, err := e.exec(`DELETE FROM write_keys WHERE source = ?`, id); err != nil {
			return err
		}
		if src, ok := e.sources[id]; ok {
			for i, k := range src.WriteKeys {
				rows = append(rows, []any{k, id, i})
			}
		}
	}
	return e.insert(`INSERT INTO write_keys (write_key, source, place)`, "", rows)
}

// guard refuses changes of what the configuration file manages by anybody but
// the file, and changes made from another version than the current one.
func (e *edit) guard(kind, id string, fromFile bool, version, expected int64) error {
	if fromFile && e.by.Kind != "file" {
		return conflict("%s %q is managed by the configuration file; change it there and restart Secant", kind, id)
	}
	if expected != 0 && expected != version {
		return conflict("%s %q was changed by somebody else meanwhile (it has version %d, the change was made from %d); read it again and repeat the change", kind, id, version, expected)
	}
	return nil
}

// audit writes an entry about a changed resource.
func (e *edit) audit(action, target string, fields []secant.FieldChange) error {
	e.changed = true
	return e.s.audit(e.tx, e.by, action, target, map[string]any{"changes": fields})
}

// secret returns which settings of a destination type are secret, nil for all.
func (s *Store) secret(typ string) func(string) bool {
	if s.o.SecretSettings == nil {
		return nil
	}
	names := s.o.SecretSettings(typ)
	return func(key string) bool { return slices.Contains(names, key) }
}

// nextTime is the time of a change; times of one resource never go back.
func nextTime(now, before time.Time) time.Time {
	now = now.UTC().Truncate(time.Millisecond)
	if now.Before(before) {
		return before
	}
	return now
}
