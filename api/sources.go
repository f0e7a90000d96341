package api

import (
	"context"
	"fmt"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/store"
)

// sourceStore keeps sources.
type sourceStore interface {
	ListSources(ctx context.Context, p store.Page) (store.List[secant.Source], error)
	Source(ctx context.Context, id string) (secant.Source, error)
	CreateSource(ctx context.Context, by secant.Actor, src secant.Source) (secant.Source, error)
	UpdateSource(ctx context.Context, by secant.Actor, id string, p store.SourcePatch) (secant.Source, error)
	DeleteSource(ctx context.Context, by secant.Actor, id string, version int64) error
	AddWriteKey(ctx context.Context, by secant.Actor, id, key string) (secant.Source, error)
	RemoveWriteKey(ctx context.Context, by secant.Actor, id, key string) (secant.Source, error)
	Activity(ctx context.Context) (map[string]store.Activity, error)
}

var sourceEndpoints = []endpoint{
	on("GET", "/api/sources", secant.RoleViewer, "List sources", (*API).listSources, paged),
	on("POST", "/api/sources", secant.RoleEditor, "Create a source", (*API).createSource, created),
	on("GET", "/api/sources/{id}", secant.RoleViewer, "Get a source", (*API).getSource),
	on("PATCH", "/api/sources/{id}", secant.RoleEditor, "Change a source", (*API).updateSource),
	on("DELETE", "/api/sources/{id}", secant.RoleEditor, "Delete a source and its destinations", (*API).deleteSource, query("version")),
	on("POST", "/api/sources/{id}/writekey", secant.RoleEditor, "Add a write key to a source", (*API).addWriteKey),
	on("DELETE", "/api/sources/{id}/writekey/{writeKey}", secant.RoleEditor, "Remove a write key from a source", (*API).removeWriteKey),
	on("GET", "/api/sources/{id}/connected-destinations", secant.RoleViewer, "List the destinations of a source", (*API).connectedDestinations, paged),
}

// sourceV1 is Segment's SourceV1 with our fields behind theirs.
type sourceV1 struct {
	ID          string           `json:"id"`
	Slug        string           `json:"slug"`
	Name        string           `json:"name"`
	WorkspaceID string           `json:"workspaceId"`
	Enabled     bool             `json:"enabled"`
	WriteKeys   []string         `json:"writeKeys"`
	Metadata    sourceMetadataV1 `json:"metadata"`
	Settings    sourceSettings   `json:"settings"`
	Labels      []labelV1        `json:"labels"`

	Type        secant.SourceType `json:"type"`
	FromFile    bool              `json:"fromFile"`
	Version     int64             `json:"version"`
	CreatedAt   Stamp             `json:"createdAt"`
	UpdatedAt   Stamp             `json:"updatedAt"`
	LastEventAt Stamp             `json:"lastEventAt"`
	Events24h   int64             `json:"events24h"`
}

type labelV1 struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// sourceSettings are the settings that a source has beside its name.
type sourceSettings struct {
	RateLimit *int `json:"rateLimit,omitempty"` // requests a second and write key; 0 for no limit
}

type sourceData struct {
	Source sourceV1 `json:"source"`
}

type sourcesData struct {
	Sources    []sourceV1 `json:"sources"`
	Pagination pagination `json:"pagination"`
}

// deletion is Segment's answer to one.
type deletion struct {
	Status string `json:"status"`
}

var success = deletion{"SUCCESS"}

func (a *API) sourceOf(s secant.Source, act store.Activity) sourceV1 {
	keys := s.WriteKeys
	if keys == nil {
		keys = []string{}
	}
	kind, _ := s.Type.Kind()
	return sourceV1{
		ID: s.ID, Slug: s.ID, Name: s.Name, WorkspaceID: a.workspace().ID, Enabled: s.Enabled,
		WriteKeys: keys, Metadata: sourceMetadataOf(kind), Settings: sourceSettings{&s.RateLimit}, Labels: []labelV1{},
		Type: s.Type, FromFile: s.FromFile, Version: s.Version,
		CreatedAt: Stamp(s.CreatedAt), UpdatedAt: Stamp(s.UpdatedAt),
		LastEventAt: Stamp(act.LastEventAt), Events24h: act.Events24h,
	}
}

// shown answers with a source as it is now.
func (a *API) shown(c *call, s secant.Source, doing string, err error) (sourceData, error) {
	if err != nil {
		return sourceData{}, fmt.Errorf("%s: %w", doing, err)
	}
	act, err := a.Store.Activity(c.ctx())
	if err != nil {
		return sourceData{}, fmt.Errorf("read activity: %w", err)
	}
	return sourceData{a.sourceOf(s, act[s.ID])}, nil
}

func (a *API) listSources(c *call, _ none) (sourcesData, error) {
	p, err := c.page()
	if err != nil {
		return sourcesData{}, err
	}
	list, err := a.Store.ListSources(c.ctx(), p)
	if err != nil {
		return sourcesData{}, fmt.Errorf("list sources: %w", err)
	}
	act, err := a.Store.Activity(c.ctx())
	if err != nil {
		return sourcesData{}, fmt.Errorf("read activity: %w", err)
	}
	out := sourcesData{Sources: make([]sourceV1, len(list.Items)), Pagination: pageOf(p, list)}
	for i, s := range list.Items {
		out.Sources[i] = a.sourceOf(s, act[s.ID])
	}
	return out, nil
}

func (a *API) getSource(c *call, _ none) (sourceData, error) {
	s, err := a.Store.Source(c.ctx(), c.id("id"))
	return a.shown(c, s, "get source", err)
}

type createSourceInput struct {
	Slug       string         `json:"slug,omitempty"`
	Name       string         `json:"name,omitempty"`
	MetadataID string         `json:"metadataId"`
	Enabled    *bool          `json:"enabled,omitempty"`
	Settings   sourceSettings `json:"settings,omitzero"`
	WriteKeys  []string       `json:"writeKeys,omitempty"`
}

func (a *API) createSource(c *call, in createSourceInput) (sourceData, error) {
	if err := required("metadataId", in.MetadataID); err != nil {
		return sourceData{}, err
	}
	if in.Slug == "" && in.Name == "" {
		return sourceData{}, secant.Invalid("name", "", "is required (or slug)")
	}
	src := secant.Source{
		ID: in.Slug, Name: in.Name, Type: secant.SourceType(in.MetadataID),
		Enabled: in.Enabled == nil || *in.Enabled, WriteKeys: in.WriteKeys,
	}
	if src.Name == "" {
		src.Name = src.ID
	}
	if in.Settings.RateLimit != nil {
		src.RateLimit = *in.Settings.RateLimit
	}
	src, err := a.Store.CreateSource(c.ctx(), c.who, src)
	return a.shown(c, src, "create source", asInput(err, sourceFields))
}

type updateSourceInput struct {
	Name     *string         `json:"name,omitempty"`
	Slug     *string         `json:"slug,omitempty"`
	Enabled  *bool           `json:"enabled,omitempty"`
	Settings *sourceSettings `json:"settings,omitempty"`
	Version  int64           `json:"version,omitempty"`
}

func (a *API) updateSource(c *call, in updateSourceInput) (sourceData, error) {
	id := c.id("id")
	if in.Slug != nil && *in.Slug != id {
		return sourceData{}, secant.Invalid("slug", *in.Slug,
			"cannot change: it is the id in addresses and workspace files; change name, or create another source")
	}
	p := store.SourcePatch{Name: in.Name, Enabled: in.Enabled, Version: in.Version}
	if in.Settings != nil {
		p.RateLimit = in.Settings.RateLimit
	}
	src, err := a.Store.UpdateSource(c.ctx(), c.who, id, p)
	if err = asInput(err, sourceFields); isConflict(err) {
		if now, e := a.getSource(c, none{}); e == nil {
			return sourceData{}, conflict(err, now.Source)
		}
	}
	return a.shown(c, src, "change source", err)
}

func (a *API) deleteSource(c *call, _ none) (deletion, error) {
	version, err := c.version()
	if err != nil {
		return deletion{}, err
	}
	if err := a.Store.DeleteSource(c.ctx(), c.who, c.id("id"), version); err != nil {
		return deletion{}, fmt.Errorf("delete source: %w", err)
	}
	return success, nil
}

type writeKeyInput struct {
	WriteKey string `json:"writeKey,omitempty"`
}

func (a *API) addWriteKey(c *call, in writeKeyInput) (sourceData, error) {
	s, err := a.Store.AddWriteKey(c.ctx(), c.who, c.id("id"), in.WriteKey)
	return a.shown(c, s, "add write key", asInput(err, map[string]string{"writeKeys": "writeKey"}))
}

func (a *API) removeWriteKey(c *call, _ none) (deletion, error) {
	if _, err := a.Store.RemoveWriteKey(c.ctx(), c.who, c.id("id"), c.id("writeKey")); err != nil {
		return deletion{}, fmt.Errorf("remove write key: %w", err)
	}
	return success, nil
}

// sourceFields says how fields of secant.Source are called in this API.
var sourceFields = map[string]string{"id": "slug", "type": "metadataId", "rateLimit": "settings.rateLimit"}

// Stamp is a time as this API shows it: RFC 3339 in UTC with milliseconds, null
// for the zero time.
type Stamp time.Time

// MarshalJSON implements json.Marshaler.
func (s Stamp) MarshalJSON() ([]byte, error) {
	t := time.Time(s)
	if t.IsZero() {
		return []byte("null"), nil
	}
	return []byte(t.UTC().Format(`"2006-01-02T15:04:05.000Z"`)), nil
}
