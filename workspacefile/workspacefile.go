// Package workspacefile reads and writes the configuration as one YAML
// document: what people keep in version control, apply and export.
//
// The document has top-level lists (sources, destinations), whose items have a
// stable id. Reading is strict: an unknown key is an error with its line. A
// secret is a plain string, or a reference: ${env:NAME}, ${file:PATH}, or
// ${secret:ID} for the one that is stored already; export writes only the last.
// Export and apply are inverse: applying an export changes nothing, and what is
// exported afterwards is equal byte for byte.
//
// The package only plans. The store makes the changes, all or none.
package workspacefile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/secantdev/secant"
)

// MaxSize is the largest document that is read, in bytes.
const MaxSize = 4 << 20

// Schema is what the package needs to know about destination types.
type Schema struct {
	// ValidateSettings checks and normalises the settings of a destination of
	// type typ; its errors are FieldErrors with paths like "settings.url". Nil
	// accepts everything.
	ValidateSettings func(typ string, settings map[string]any) (map[string]any, error)
	// SecretSettings names the settings of a destination type that are not
	// exported. Nil treats all of them as secret.
	SecretSettings func(typ string) []string
}

func (s Schema) secret(typ string) func(key string) bool {
	if s.SecretSettings == nil {
		return func(string) bool { return true }
	}
	names := s.SecretSettings(typ)
	return func(key string) bool { return slices.Contains(names, key) }
}

// File is a document that was read. Its items are valid in themselves; whether
// they fit the workspace is found out by Plan.
type File struct {
	// Sources in the document's order. WriteKeys is nil where the document
	// does not say: a new source gets a generated one, an old one keeps its.
	Sources []secant.Source
	// Destinations in the document's order, with references resolved and
	// settings normalised.
	Destinations []secant.Destination

	root *node // for the lines of errors that Plan finds
}

// section is one top-level list of the document.
type section struct {
	key string
	// read adds an item of the list to the file; path is "sources[0]".
	read func(r *reading, item *node, path string)
	// export returns the items to write.
	export func(w *secant.Workspace, s Schema) []any
}

// sections are all there are, in the order of export. A new one is one line.
func sections() []section {
	return []section{
		{"sources", readSource, exportSources},
		{"destinations", readDestination, exportDestinations},
	}
}

// reading is a document on its way to a File. It goes on after mistakes, so
// that people see all of them.
type reading struct {
	file     *File
	schema   Schema
	resolver Resolver
	problems Problems
}

// Parse reads a document. The error is Problems; each matches
// secant.ErrInvalid and names line, field, value and remedy.
func Parse(data []byte, schema Schema, resolver Resolver) (*File, error) {
	root, err := parseYAML(data)
	if err != nil {
		return nil, err
	}
	r := &reading{file: &File{root: root}, schema: schema, resolver: resolver}
	r.resolve(root, "")
	if len(r.problems) == 0 {
		r.document(root)
	}
	if len(r.problems) > 0 {
		return nil, r.problems.inOrder()
	}
	return r.file, nil
}

func (r *reading) document(root *node) {
	if root.kind == null { // an empty document
		return
	}
	if root.kind != mapping {
		r.wrong(root, "", "the document must be a mapping with the keys "+strings.Join(sectionKeys(), " and ")+"; it is "+root.kind.String())
		return
	}
	r.onlyKeys(root, "", sectionKeys()...)
	for _, s := range sections() {
		list := root.get(s.key)
		if list == nil || list.kind == null {
			continue
		}
		if list.kind != sequence {
			r.wrong(list, s.key, "must be a list; it is "+list.kind.String())
			continue
		}
		seen := map[string]int{}
		for i, item := range list.items {
			path := fmt.Sprintf("%s[%d]", s.key, i)
			if item.kind != mapping {
				r.wrong(item, path, "must be a mapping like {id: ...}; it is "+item.kind.String())
				continue
			}
			s.read(r, item, path)
			if id := item.get("id"); id != nil && id.kind == text {
				if line, twice := seen[id.text]; twice {
					r.wrong(id, path+".id", fmt.Sprintf("is used on line %d already; ids must differ", line), id.text)
				}
				seen[id.text] = id.line
			}
		}
	}
}

func sectionKeys() []string {
	var keys []string
	for _, s := range sections() {
		keys = append(keys, s.key)
	}
	return keys
}

func readSource(r *reading, item *node, path string) {
	r.onlyKeys(item, path, "id", "name", "type", "writeKeys", "enabled", "rateLimit")
	src := secant.Source{
		ID:        r.text(item, path, "id", required),
		Name:      r.text(item, path, "name", optional),
		Type:      secant.SourceType(r.text(item, path, "type", required)),
		WriteKeys: r.texts(item, path, "writeKeys"),
		Enabled:   r.boolean(item, path, "enabled", true),
		RateLimit: r.count(item, path, "rateLimit"),
	}
	if src.Name == "" {
		src.Name = src.ID
	}
	if !r.failed(path) {
		r.invalid(item, path, src.Validate())
	}
	r.file.Sources = append(r.file.Sources, src)
}

func readDestination(r *reading, item *node, path string) {
	r.onlyKeys(item, path, "id", "name", "source", "type", "enabled", "settings")
	d := secant.Destination{
		ID:      r.text(item, path, "id", required),
		Name:    r.text(item, path, "name", optional),
		Source:  r.text(item, path, "source", required),
		Type:    r.text(item, path, "type", required),
		Enabled: r.boolean(item, path, "enabled", true),
	}
	if d.Name == "" {
		d.Name = d.ID
	}
	if r.failed(path) {
		return
	}
	if err := d.Validate(); err != nil {
		r.invalid(item, path, err)
		return
	}
	d.Settings = r.settings(item, path, d.Type)
	r.file.Destinations = append(r.file.Destinations, d)
}

// settings reads, checks and normalises the settings of a destination.
func (r *reading) settings(item *node, path, typ string) map[string]any {
	n := item.get("settings")
	settings := map[string]any{}
	switch {
	case n == nil || n.kind == null:
		n = item
	case n.kind != mapping:
		r.wrong(n, path+".settings", "must be a mapping; it is "+n.kind.String())
		return nil
	default:
		secret := r.schema.secret(typ)
		for _, f := range n.fields {
			r.resolveSecrets(f.value, path+".settings."+f.key, secret(f.key))
			settings[f.key] = f.value.plain()
		}
	}
	if r.failed(path) {
		return nil
	}
	if r.schema.ValidateSettings != nil {
		valid, err := r.schema.ValidateSettings(typ, settings)
		if err != nil {
			r.invalid(item, path, err)
			return nil
		}
		settings = valid
	}
	settings, err := asJSON(settings)
	if err != nil {
		r.wrong(n, path+".settings", "cannot be written as JSON")
	}
	return settings
}
