package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/secantdev/secant"
)

// Apply makes all changes in one transaction, or none: the changes of a plan
// for the workspace file. Each is audited. Resources that are managed by the
// configuration file are ErrConflict unless by.Kind is "file"; for that actor
// the wanted state says what is managed (FromFile).
func (s *Store) Apply(ctx context.Context, by secant.Actor, changes []secant.Change) error {
	return s.configure(ctx, by, func(e *edit) error {
		// Sources come first and go last, so that destinations can move.
		for _, step := range []struct {
			kind   string
			delete bool
		}{{secant.KindSource, false}, {secant.KindDestination, false}, {secant.KindDestination, true}, {secant.KindSource, true}} {
			for i := range changes {
				c := &changes[i]
				if c.Kind != step.kind || (c.Action == secant.ActionDelete) != step.delete {
					continue
				}
				if err := e.apply(c); err != nil {
					return fmt.Errorf("%s %s %q: %w", c.Action, c.Kind, c.ID, err)
				}
			}
		}
		return nil
	})
}

func (e *edit) apply(c *secant.Change) (err error) {
	switch {
	case c.Action == secant.ActionUnchanged:
		return nil
	case c.Kind == secant.KindSource && c.Action == secant.ActionDelete:
		return e.deleteSource(c.ID, c.Version)
	case c.Kind == secant.KindDestination && c.Action == secant.ActionDelete:
		return e.deleteDestination(c.ID, c.Version)
	case c.Source != nil && c.Action == secant.ActionCreate:
		_, err = e.createSource(*c.Source)
	case c.Source != nil && c.Action == secant.ActionUpdate:
		_, err = e.updateSource(*c.Source, c.Version)
	case c.Destination != nil && c.Action == secant.ActionCreate:
		_, err = e.createDestination(*c.Destination)
	case c.Destination != nil && c.Action == secant.ActionUpdate:
		_, err = e.updateDestination(*c.Destination, c.Version)
	default:
		err = errors.New("a change needs an action, a kind and the wanted state")
	}
	return err
}
