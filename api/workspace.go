package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/workspacefile"
)

// WorkspaceFile is the whole configuration as one YAML document.
type WorkspaceFile interface {
	// Export returns the configuration, in a stable order and without secrets.
	Export(ctx context.Context) ([]byte, error)
	// Plan returns what it takes to make the configuration like the document;
	// with prune, what the document does not name is deleted. What is wrong
	// with the document is ErrInvalid. References to the environment or to
	// files must not be followed: the document comes from a client.
	Plan(ctx context.Context, document []byte, prune bool) ([]secant.Change, error)
}

// applyStore changes the configuration as a whole.
type applyStore interface {
	Apply(ctx context.Context, by secant.Actor, changes []secant.Change) error
}

var workspaceEndpoints = []endpoint{
	on("GET", "/api/{$}", secant.RoleViewer, "Get the workspace", (*API).getWorkspace),
	raw("GET", "/api/workspace", secant.RoleViewer, "Export the configuration", yamlType, (*API).export),
	on("POST", "/api/workspace/apply", secant.RoleEditor, "Apply a configuration", (*API).apply, query("dryRun", "prune"), document),
}

const yamlType = "application/yaml"

// document makes the body YAML.
func document(e *endpoint) { e.Limit, e.Takes = workspacefile.MaxSize, yamlType }

// workspaceV1 is Segment's WorkspaceV1.
type workspaceV1 struct {
	ID   string `json:"id"`
	Slug string `json:"slug"`
	Name string `json:"name"`
}

type workspaceData struct {
	Workspace workspaceV1 `json:"workspace"`
}

// workspace is the one that an installation has.
func (a *API) workspace() workspaceV1 {
	return workspaceV1{ID: a.Store.InstallationID(), Slug: "workspace", Name: "Workspace"}
}

func (a *API) getWorkspace(*call, none) (workspaceData, error) {
	return workspaceData{a.workspace()}, nil
}

func (a *API) export(c *call) error {
	doc, err := a.File.Export(c.ctx())
	if err != nil {
		return fmt.Errorf("export workspace: %w", err)
	}
	c.w.Header().Set("Content-Type", yamlType)
	c.w.Header().Set("Content-Disposition", `attachment; filename="secant.yaml"`)
	c.w.WriteHeader(http.StatusOK)
	_, _ = c.w.Write(doc) // the client may be gone: there is nobody left to tell
	return nil
}

type planData struct {
	Plan    []planStep `json:"plan"`
	Applied bool       `json:"applied"`
}

type planStep struct {
	Action  secant.ChangeAction  `json:"action"`
	Kind    string               `json:"kind"`
	ID      string               `json:"id"`
	Changes []secant.FieldChange `json:"changes"`
}

func (a *API) apply(c *call, _ none) (planData, error) {
	dryRun, err := c.flag("dryRun")
	if err != nil {
		return planData{}, err
	}
	prune, err := c.flag("prune")
	if err != nil {
		return planData{}, err
	}
	doc, err := c.body(workspacefile.MaxSize, yamlType, "application/x-yaml", "text/yaml", "text/x-yaml", "application/json")
	if err != nil {
		return planData{}, err
	}
	if len(doc) == 0 && prune {
		return planData{}, fail(errBadRequest, "The document is empty, and with prune=1 that would delete everything. Send `sources: []` if you mean it.")
	}
	changes, err := a.File.Plan(c.ctx(), doc, prune)
	if err != nil {
		return planData{}, fmt.Errorf("plan: %w", err)
	}
	out := planData{Plan: make([]planStep, len(changes)), Applied: !dryRun}
	for i, ch := range changes {
		out.Plan[i] = planStep{ch.Action, ch.Kind, ch.ID, ch.Fields}
		if ch.Fields == nil {
			out.Plan[i].Changes = []secant.FieldChange{}
		}
	}
	if dryRun {
		return out, nil
	}
	if err := a.Store.Apply(c.ctx(), c.who, changes); err != nil {
		return planData{}, fmt.Errorf("apply: %w", err)
	}
	return out, nil
}
