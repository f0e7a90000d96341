package api

import (
	"slices"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/destination"
)

var catalogEndpoints = []endpoint{
	on("GET", "/api/catalog/sources", secant.RoleViewer, "List the types of source", (*API).sourcesCatalog, paged),
	on("GET", "/api/catalog/sources/{id}", secant.RoleViewer, "Get a type of source", (*API).sourceMetadata),
	on("GET", "/api/catalog/destinations", secant.RoleViewer, "List the types of destination", (*API).destinationsCatalog, paged),
	on("GET", "/api/catalog/destinations/{id}", secant.RoleViewer, "Get a type of destination", (*API).destinationMetadata),
}

// sourceMetadataV1 is Segment's SourceMetadataV1 with our fields behind theirs.
type sourceMetadataV1 struct {
	ID                 string              `json:"id"`
	Name               string              `json:"name"`
	Slug               string              `json:"slug"`
	Description        string              `json:"description"`
	Logos              logos               `json:"logos"`
	Options            []integrationOption `json:"options"`
	Categories         []string            `json:"categories"`
	IsCloudEventSource bool                `json:"isCloudEventSource"`

	ClientSide bool `json:"clientSide"`
}

type logos struct {
	Default string `json:"default"`
}

// integrationOption is Segment's IntegrationOptionBeta: a setting.
type integrationOption struct {
	Name         string `json:"name"`
	Type         string `json:"type"`
	Required     bool   `json:"required"`
	Description  string `json:"description,omitempty"`
	DefaultValue any    `json:"defaultValue,omitempty"`
	Label        string `json:"label,omitempty"`
}

// destinationMetadataV1 is Segment's DestinationMetadataV1 with our fields
// behind theirs.
type destinationMetadataV1 struct {
	ID                 string              `json:"id"`
	Name               string              `json:"name"`
	Description        string              `json:"description"`
	Slug               string              `json:"slug"`
	Logos              logos               `json:"logos"`
	Options            []integrationOption `json:"options"`
	Status             string              `json:"status"`
	PreviousNames      []string            `json:"previousNames"`
	Categories         []string            `json:"categories"`
	Website            string              `json:"website"`
	Components         []component         `json:"components"`
	SupportedFeatures  features            `json:"supportedFeatures"`
	SupportedMethods   methods             `json:"supportedMethods"`
	SupportedPlatforms platforms           `json:"supportedPlatforms"`
	Actions            []none              `json:"actions"`
	Presets            []none              `json:"presets"`

	Docs   string              `json:"docs"`
	Fields []destination.Field `json:"fields"`
}

type component struct {
	Type string `json:"type"`
	Code string `json:"code"`
}

type features struct {
	CloudModeInstances  string `json:"cloudModeInstances"`
	DeviceModeInstances string `json:"deviceModeInstances"`
	Replay              bool   `json:"replay"`
	BrowserUnbundling   bool   `json:"browserUnbundling"`
}

type methods struct {
	Pageview bool `json:"pageview"`
	Identify bool `json:"identify"`
	Alias    bool `json:"alias"`
	Track    bool `json:"track"`
	Group    bool `json:"group"`
}

type platforms struct {
	Browser bool `json:"browser"`
	Server  bool `json:"server"`
	Mobile  bool `json:"mobile"`
}

func sourceMetadataOf(k secant.SourceKind) sourceMetadataV1 {
	return sourceMetadataV1{
		ID: string(k.Type), Slug: string(k.Type), Name: k.Name, Description: k.Description,
		Categories: []string{k.Category}, ClientSide: k.ClientSide,
		Options: []integrationOption{{Name: "rateLimit", Type: "number", Label: "Rate limit", DefaultValue: 0,
			Description: "Requests a second that each write key may make; 0 for no limit."}},
	}
}

// destinationMetadataOf shows a definition. The zero one, of a destination
// whose type this version does not have, shows as unavailable.
func destinationMetadataOf(d destination.Definition, slug string) destinationMetadataV1 {
	m := destinationMetadataV1{
		ID: slug, Slug: slug, Name: d.Name, Description: d.Description, Status: "PUBLIC", Website: d.Docs, Docs: d.Docs,
		Options: make([]integrationOption, len(d.Settings)), Fields: d.Settings,
		PreviousNames: []string{}, Components: []component{{Type: "SERVER"}}, Actions: []none{}, Presets: []none{},
		Categories:         []string{d.Category},
		SupportedFeatures:  features{CloudModeInstances: "MULTIPLE", DeviceModeInstances: "NONE"},
		SupportedPlatforms: platforms{Browser: true, Server: true, Mobile: true},
	}
	if d.Slug == "" {
		m.Name, m.Status, m.Categories, m.Fields = slug, "UNAVAILABLE", []string{}, []destination.Field{}
		return m
	}
	takes := func(t secant.EventType) bool { return d.Types == nil || slices.Contains(d.Types, t) }
	m.SupportedMethods = methods{
		Pageview: takes(secant.TypePage), Identify: takes(secant.TypeIdentify), Alias: takes(secant.TypeAlias),
		Track: takes(secant.TypeTrack), Group: takes(secant.TypeGroup),
	}
	for i, f := range d.Settings {
		m.Options[i] = integrationOption{Name: f.Key, Type: optionType(f.Kind), Required: f.Required,
			Description: f.Description, DefaultValue: f.Default, Label: f.Label}
	}
	return m
}

// optionType is the kind of a setting in Segment's words.
func optionType(k destination.Kind) string {
	switch k {
	case destination.KindBoolean, destination.KindNumber, destination.KindSelect, destination.KindMap:
		return string(k)
	case destination.KindSecret:
		return "password"
	case destination.KindURLs:
		return "array"
	case destination.KindHeaders:
		return "map"
	default:
		return "string"
	}
}

type sourcesCatalogData struct {
	SourcesCatalog []sourceMetadataV1 `json:"sourcesCatalog"`
	Pagination     pagination         `json:"pagination"`
}

func (a *API) sourcesCatalog(c *call, _ none) (sourcesCatalogData, error) {
	p, err := c.page()
	if err != nil {
		return sourcesCatalogData{}, err
	}
	list, err := cut(p, secant.SourceKinds())
	if err != nil {
		return sourcesCatalogData{}, err
	}
	out := sourcesCatalogData{SourcesCatalog: make([]sourceMetadataV1, len(list.Items)), Pagination: pageOf(p, list)}
	for i, k := range list.Items {
		out.SourcesCatalog[i] = sourceMetadataOf(k)
	}
	return out, nil
}

type sourceMetadataData struct {
	SourceMetadata sourceMetadataV1 `json:"sourceMetadata"`
}

func (a *API) sourceMetadata(c *call, _ none) (sourceMetadataData, error) {
	k, ok := secant.SourceType(c.id("id")).Kind()
	if !ok {
		return sourceMetadataData{}, fail(secant.ErrNotFound, "There is no type of source %q. GET /api/catalog/sources lists them.", short(c.id("id")))
	}
	return sourceMetadataData{sourceMetadataOf(k)}, nil
}

type destinationsCatalogData struct {
	DestinationsCatalog []destinationMetadataV1 `json:"destinationsCatalog"`
	Pagination          pagination              `json:"pagination"`
}

func (a *API) destinationsCatalog(c *call, _ none) (destinationsCatalogData, error) {
	p, err := c.page()
	if err != nil {
		return destinationsCatalogData{}, err
	}
	list, err := cut(p, a.Definitions)
	if err != nil {
		return destinationsCatalogData{}, err
	}
	out := destinationsCatalogData{DestinationsCatalog: make([]destinationMetadataV1, len(list.Items)), Pagination: pageOf(p, list)}
	for i, d := range list.Items {
		out.DestinationsCatalog[i] = destinationMetadataOf(d, d.Slug)
	}
	return out, nil
}

type destinationMetadataData struct {
	DestinationMetadata destinationMetadataV1 `json:"destinationMetadata"`
}

func (a *API) destinationMetadata(c *call, _ none) (destinationMetadataData, error) {
	d, ok := destination.Find(a.Definitions, c.id("id"))
	if !ok {
		return destinationMetadataData{}, fail(secant.ErrNotFound, "There is no type of destination %q. GET /api/catalog/destinations lists them.", short(c.id("id")))
	}
	return destinationMetadataData{destinationMetadataOf(d, d.Slug)}, nil
}
