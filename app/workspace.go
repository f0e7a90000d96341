package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/workspacefile"
)

// workspaceFile lets the API export and plan. Documents come from clients, so
// only references to stored secrets are followed.
type workspaceFile struct{ s *server }

// Export returns the configuration as a document.
func (w workspaceFile) Export(context.Context) ([]byte, error) {
	return workspacefile.Export(w.s.store.Workspace(), w.s.schema()), nil
}

// Plan returns the changes that a document asks for.
func (w workspaceFile) Plan(_ context.Context, document []byte, prune bool) ([]secant.Change, error) {
	current, schema := w.s.store.Workspace(), w.s.schema()
	file, err := workspacefile.Parse(document, schema, workspacefile.Resolver{}.Stored(current, schema))
	if err != nil {
		return nil, err
	}
	return file.Plan(current, schema, workspacefile.PlanOptions{Prune: prune})
}

func (s *server) schema() workspacefile.Schema {
	return workspacefile.Schema{ValidateSettings: s.validateSettings, SecretSettings: s.secretSettings}
}

// applyConfig makes the workspace follow the configuration file. What the file
// named at an earlier start and names no more stays, and can be edited again.
func (s *server) applyConfig(ctx context.Context) error {
	document, err := os.ReadFile(s.ConfigFile)
	if err != nil {
		return fmt.Errorf("read --config: %w", err)
	}
	current, schema := s.store.Workspace(), s.schema()
	resolver := workspacefile.Local(filepath.Dir(s.ConfigFile)).Stored(current, schema)
	file, err := workspacefile.Parse(document, schema, resolver)
	if err != nil {
		return fmt.Errorf("%s:\n%w", s.ConfigFile, err)
	}
	changes, err := file.Plan(current, schema, workspacefile.PlanOptions{FromFile: true})
	if err != nil {
		return fmt.Errorf("%s:\n%w", s.ConfigFile, err)
	}
	actor := secant.Actor{Kind: "file", ID: s.ConfigFile, Name: filepath.Base(s.ConfigFile), Role: secant.RoleOwner}
	if err := s.store.Apply(ctx, actor, changes); err != nil {
		return fmt.Errorf("apply %s: %w", s.ConfigFile, err)
	}
	return nil
}
