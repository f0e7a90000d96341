package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml"
)

// loadOptions reads the file of --options: one YAML map of flag names without
// dashes to values. A key that no command knows is an error.
func loadOptions(r io.Reader) (kong.Resolver, error) {
	values := map[string]any{}
	if err := yaml.NewDecoder(r).Decode(&values); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the options file: %w", err)
	}
	return optionsFile(values), nil
}

type optionsFile map[string]any

// Validate reports keys that are no flag of any command.
func (o optionsFile) Validate(app *kong.Application) error {
	var known []string
	_ = kong.Visit(app, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			known = append(known, flag.Name)
		}
		return next(nil)
	})
	for key := range o {
		if !slices.Contains(known, key) {
			return fmt.Errorf("options file: %q is no flag; see secant serve --help for the names", key)
		}
	}
	return nil
}

// Resolve returns the value of a flag, or nil when the file does not set it.
func (o optionsFile) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	value, ok := o[flag.Name]
	if !ok {
		return nil, nil
	}
	if list, ok := value.([]any); ok {
		parts := make([]string, len(list))
		for i, item := range list {
			parts[i] = fmt.Sprint(item)
		}
		return strings.Join(parts, ","), nil
	}
	return fmt.Sprint(value), nil
}
