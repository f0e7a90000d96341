package workspacefile

import (
	"fmt"
	"maps"
	"slices"

	"github.com/secantdev/secant"
)

// PlanOptions say how a document is applied.
type PlanOptions struct {
	// Prune deletes what the document does not name.
	Prune bool
	// FromFile marks what the document names as managed by the configuration
	// file, and unmarks what it does not name any more. Without it, changing
	// what is managed is refused.
	FromFile bool
}

// Plan returns what it takes to make the workspace like the document, in the
// document's order, then deletions. What is the same already is in it too, as
// unchanged. Nothing is changed. Errors are Problems for what does not fit, and
// ErrConflict for what may not be changed.
func (f *File) Plan(current *secant.Workspace, schema Schema, o PlanOptions) ([]secant.Change, error) {
	if o.Prune && f.root.kind == null {
		return nil, problemAt(1, 1, "the document is empty, and pruning would delete everything; write sources: [] if you mean it")
	}
	p := &planning{file: f, current: current, schema: schema, o: o, r: reading{file: f}}
	for i := range f.Sources {
		p.source(&f.Sources[i])
	}
	for i := range f.Destinations {
		p.destination(i, &f.Destinations[i])
	}
	p.rest()
	p.checkWriteKeys()
	if len(p.r.problems) > 0 {
		return nil, p.r.problems.inOrder()
	}
	if !o.FromFile {
		if err := p.unmanaged(); err != nil {
			return nil, err
		}
	}
	return p.changes, nil
}

type planning struct {
	file    *File
	current *secant.Workspace
	schema  Schema
	o       PlanOptions
	r       reading // collects problems
	changes []secant.Change
}

// add notes what becomes of a resource. version is that of the current one, 0
// when there is none.
func (p *planning) add(c secant.Change) {
	switch {
	case c.Version == 0:
		c.Action = secant.ActionCreate
	case len(c.Fields) > 0:
		c.Action = secant.ActionUpdate
	default:
		c.Action, c.Source, c.Destination = secant.ActionUnchanged, nil, nil
	}
	p.changes = append(p.changes, c)
}

func (p *planning) source(want *secant.Source) {
	next, old := *want, p.current.Sources[want.ID]
	c := secant.Change{Kind: secant.KindSource, ID: want.ID, Source: &next}
	next.FromFile = p.o.FromFile
	if old != nil {
		c.Version = old.Version
		next.FromFile = next.FromFile || old.FromFile
		if next.WriteKeys == nil {
			next.WriteKeys = slices.Clone(old.WriteKeys)
		}
	}
	c.Fields = old.Diff(&next)
	if next.WriteKeys == nil { // made when it is applied
		c.Fields = slices.DeleteFunc(c.Fields, func(f secant.FieldChange) bool { return f.Field == "writeKeys" })
	}
	p.add(c)
}

func (p *planning) destination(i int, want *secant.Destination) {
	inFile := func(s secant.Source) bool { return s.ID == want.Source }
	if !slices.ContainsFunc(p.file.Sources, inFile) && (p.o.Prune || p.current.Sources[want.Source] == nil) {
		path := fmt.Sprintf("destinations[%d].source", i)
		message := "there is no such source; add it to sources, or name another one"
		if p.current.Sources[want.Source] != nil {
			message = "this source is not in the document and would be deleted; add it to sources"
		}
		p.r.wrong(p.file.root.find(path), path, message, want.Source)
		return
	}
	next, old := *want, p.current.Destinations[want.ID]
	c := secant.Change{Kind: secant.KindDestination, ID: want.ID, Destination: &next}
	next.FromFile = p.o.FromFile
	secret := p.schema.secret(want.Type)
	if old != nil {
		c.Version = old.Version
		next.FromFile = next.FromFile || old.FromFile
		ofOld, ofNew := p.schema.secret(old.Type), secret
		secret = func(key string) bool { return ofOld(key) || ofNew(key) }
	}
	c.Fields = old.Diff(&next, secret)
	p.add(c)
}

// rest deletes, or unmarks, what the document does not name.
func (p *planning) rest() {
	named := map[[2]string]bool{}
	for _, c := range p.changes {
		named[[2]string{c.Kind, c.ID}] = true
	}
	for _, id := range slices.Sorted(maps.Keys(p.current.Destinations)) {
		d := *p.current.Destinations[id]
		if named[[2]string{secant.KindDestination, id}] {
			continue
		}
		if c := (secant.Change{Kind: secant.KindDestination, ID: id, Version: d.Version}); p.o.Prune {
			p.remove(c)
		} else if p.o.FromFile && d.FromFile {
			next := d
			next.FromFile = false
			c.Destination, c.Fields = &next, d.Diff(&next, nil)
			p.add(c)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(p.current.Sources)) {
		s := *p.current.Sources[id]
		if named[[2]string{secant.KindSource, id}] {
			continue
		}
		if c := (secant.Change{Kind: secant.KindSource, ID: id, Version: s.Version}); p.o.Prune {
			p.remove(c)
		} else if p.o.FromFile && s.FromFile {
			next := s
			next.FromFile = false
			c.Source, c.Fields = &next, s.Diff(&next)
			p.add(c)
		}
	}
}

func (p *planning) remove(c secant.Change) {
	c.Action = secant.ActionDelete
	p.changes = append(p.changes, c)
}

// checkWriteKeys finds write keys that two sources would have.
func (p *planning) checkWriteKeys() {
	owner := map[string]string{}
	named := map[string]bool{}
	for _, s := range p.file.Sources {
		named[s.ID] = true
	}
	for id, s := range p.current.Sources {
		i := slices.IndexFunc(p.file.Sources, func(f secant.Source) bool { return f.ID == id })
		if i < 0 && !p.o.Prune || i >= 0 && p.file.Sources[i].WriteKeys == nil {
			for _, k := range s.WriteKeys {
				owner[k] = id
			}
		}
	}
	for i, s := range p.file.Sources {
		for j, k := range s.WriteKeys {
			if other, taken := owner[k]; taken && other != s.ID {
				path := fmt.Sprintf("sources[%d].writeKeys[%d]", i, j)
				p.r.wrong(p.file.root.find(path), path, fmt.Sprintf("belongs to the source %s; choose another key", other), k)
				continue
			}
			owner[k] = s.ID
		}
	}
}

// unmanaged refuses to change what the configuration file manages.
func (p *planning) unmanaged() error {
	for _, c := range p.changes {
		if c.Action != secant.ActionUpdate && c.Action != secant.ActionDelete {
			continue
		}
		s, d := p.current.Sources[c.ID], p.current.Destinations[c.ID]
		if c.Kind == secant.KindSource && s.FromFile || c.Kind == secant.KindDestination && d.FromFile {
			return fmt.Errorf("%w: %s %q is managed by the configuration file; change it there and restart Secant", secant.ErrConflict, c.Kind, c.ID)
		}
	}
	return nil
}
