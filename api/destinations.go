package api

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/deliver"
	"github.com/secantdev/secant/destination"
	"github.com/secantdev/secant/store"
)

// destinationStore keeps destinations, with their secrets in the clear.
type destinationStore interface {
	ListDestinations(ctx context.Context, source string, p store.Page) (store.List[secant.Destination], error)
	Destination(ctx context.Context, id string) (secant.Destination, error)
	CreateDestination(ctx context.Context, by secant.Actor, d secant.Destination) (secant.Destination, error)
	UpdateDestination(ctx context.Context, by secant.Actor, id string, p store.DestinationPatch) (secant.Destination, error)
	DeleteDestination(ctx context.Context, by secant.Actor, id string, version int64) error
}

// Deliver is what the API needs of the delivery engine.
type Deliver interface {
	// Status tells how a destination is doing; false when the engine has not
	// heard of it yet.
	Status(destination string) (deliver.Status, bool)
	// Test sends one event to a destination, stored or not, and tells what was
	// said on the wire. A refusal is a result, not an error. A nil event stands
	// for one that is made up.
	Test(ctx context.Context, d secant.Destination, event []byte) (deliver.TestResult, error)
	// Resend makes dead letters deliveries again, all of them when ids is
	// empty, and returns how many there were.
	Resend(ctx context.Context, destination string, ids []string) (int, error)
}

var destinationEndpoints = []endpoint{
	on("GET", "/api/destinations", secant.RoleViewer, "List destinations", (*API).listDestinations, paged, query("source")),
	on("POST", "/api/destinations", secant.RoleEditor, "Create a destination", (*API).createDestination),
	on("GET", "/api/destinations/{id}", secant.RoleViewer, "Get a destination", (*API).getDestination),
	on("PATCH", "/api/destinations/{id}", secant.RoleEditor, "Change a destination", (*API).updateDestination),
	on("DELETE", "/api/destinations/{id}", secant.RoleEditor, "Delete a destination", (*API).deleteDestination, query("version")),
	on("POST", "/api/destinations/{id}/test", secant.RoleEditor, "Send one event to a destination now", (*API).testDestination),
	on("POST", "/api/destinations/test", secant.RoleEditor, "Send one event to a destination that is not saved", (*API).testDraft),
}

// destinationV1 is Segment's DestinationV1 with our fields behind theirs.
type destinationV1 struct {
	ID       string                `json:"id"`
	Name     string                `json:"name"`
	Enabled  bool                  `json:"enabled"`
	Metadata destinationMetadataV1 `json:"metadata"`
	SourceID string                `json:"sourceId"`
	Settings map[string]any        `json:"settings"`

	Type      string            `json:"type"`
	FromFile  bool              `json:"fromFile"`
	Version   int64             `json:"version"`
	CreatedAt Stamp             `json:"createdAt"`
	UpdatedAt Stamp             `json:"updatedAt"`
	Status    destinationStatus `json:"status"`
}

// destinationStatus is how a destination is doing: its state now, and counts of
// the last 24 hours.
type destinationStatus struct {
	State             deliver.State `json:"state"`
	Since             Stamp         `json:"since"`
	RetryAt           Stamp         `json:"retryAt"`
	Delivered         int64         `json:"delivered"`
	Retrying          int           `json:"retrying"`
	Failed            int64         `json:"failed"`
	Filtered          int64         `json:"filtered"`
	DeadLetters       int           `json:"deadLetters"`
	LastError         string        `json:"lastError"`
	LastErrorReason   secant.Reason `json:"lastErrorReason"`
	LastErrorAt       Stamp         `json:"lastErrorAt"`
	LastDeliveredAt   Stamp         `json:"lastDeliveredAt"`
	BacklogChunks     uint64        `json:"backlogChunks"`
	BacklogAgeSeconds float64       `json:"backlogAgeSeconds"`
	LostChunks        uint64        `json:"lostChunks"`
}

type destinationData struct {
	Destination destinationV1 `json:"destination"`
}

type destinationsData struct {
	Destinations []destinationV1 `json:"destinations"`
	Pagination   pagination      `json:"pagination"`
}

func (a *API) listDestinations(c *call, _ none) (destinationsData, error) {
	return a.destinationsOf(c, c.query.Get("source"))
}

func (a *API) connectedDestinations(c *call, _ none) (destinationsData, error) {
	s, err := a.Store.Source(c.ctx(), c.id("id"))
	if err != nil {
		return destinationsData{}, fmt.Errorf("get source: %w", err)
	}
	return a.destinationsOf(c, s.ID)
}

func (a *API) destinationsOf(c *call, source string) (destinationsData, error) {
	p, err := c.page()
	if err != nil {
		return destinationsData{}, err
	}
	list, err := a.Store.ListDestinations(c.ctx(), source, p)
	if err != nil {
		return destinationsData{}, fmt.Errorf("list destinations: %w", err)
	}
	shown, err := a.destinations(c.ctx(), list.Items...)
	return destinationsData{Destinations: shown, Pagination: pageOf(p, list)}, err
}

// destinations shows some, without their secrets.
func (a *API) destinations(ctx context.Context, list ...secant.Destination) ([]destinationV1, error) {
	q := store.CountQuery{From: a.now().Add(-24 * time.Hour), By: store.InTotal,
		Group: []string{"destination", "outcome"}, Delivered: true}
	if len(list) == 1 {
		q.Destination = list[0].ID
	}
	rows, err := a.Store.Counts(ctx, q)
	if err != nil {
		return nil, fmt.Errorf("read counts: %w", err)
	}
	counted := map[[2]string]int64{}
	for _, r := range rows {
		counted[[2]string{r.Destination, r.Outcome}] += r.N
	}
	dead, err := a.Store.CountDeadLetters(ctx)
	if err != nil {
		return nil, fmt.Errorf("count dead letters: %w", err)
	}
	shown := make([]destinationV1, len(list))
	for i, d := range list {
		s, running := a.Deliver.Status(d.ID)
		if !running { // made a moment ago
			s.State = deliver.StateOK
			if !d.Enabled {
				s.State = deliver.StatePaused
			}
		}
		def, known := destination.Find(a.Definitions, d.Type)
		settings := map[string]any{} // of an unknown type: any of them may be secret
		if known {
			settings = def.Mask(d.Settings)
		}
		n := func(o secant.Outcome) int64 { return counted[[2]string{d.ID, string(o)}] }
		shown[i] = destinationV1{
			ID: d.ID, Name: d.Name, Enabled: d.Enabled, SourceID: d.Source,
			Metadata: destinationMetadataOf(def, d.Type), Settings: settings,
			Type: d.Type, FromFile: d.FromFile, Version: d.Version,
			CreatedAt: Stamp(d.CreatedAt), UpdatedAt: Stamp(d.UpdatedAt),
			Status: destinationStatus{
				State: s.State, Since: Stamp(s.Since), RetryAt: Stamp(s.NextProbe),
				Delivered: n(secant.OutcomeDelivered), Retrying: s.Retrying, Failed: n(secant.OutcomeFailed),
				Filtered: n(secant.OutcomeFiltered), DeadLetters: dead[d.ID],
				LastError: s.LastError, LastErrorReason: s.LastErrorReason, LastErrorAt: Stamp(s.LastErrorAt),
				LastDeliveredAt: Stamp(s.LastDeliveredAt),
				BacklogChunks:   s.BacklogChunks, BacklogAgeSeconds: s.BacklogAge.Seconds(), LostChunks: s.LostChunks,
			},
		}
	}
	return shown, nil
}

// oneDestination answers with a destination as it is now.
func (a *API) oneDestination(c *call, d secant.Destination, doing string, err error) (destinationData, error) {
	if err != nil {
		return destinationData{}, fmt.Errorf("%s: %w", doing, err)
	}
	shown, err := a.destinations(c.ctx(), d)
	if err != nil {
		return destinationData{}, err
	}
	return destinationData{shown[0]}, nil
}

func (a *API) getDestination(c *call, _ none) (destinationData, error) {
	d, err := a.Store.Destination(c.ctx(), c.id("id"))
	return a.oneDestination(c, d, "get destination", err)
}

type createDestinationInput struct {
	ID         string         `json:"id,omitempty"`
	SourceID   string         `json:"sourceId"`
	MetadataID string         `json:"metadataId"`
	Enabled    *bool          `json:"enabled,omitempty"`
	Name       string         `json:"name,omitempty"`
	Settings   map[string]any `json:"settings,omitempty"`
}

// draft is the destination that the input describes.
func (a *API) draft(in createDestinationInput) (secant.Destination, error) {
	if err := required("sourceId", in.SourceID, "metadataId", in.MetadataID); err != nil {
		return secant.Destination{}, err
	}
	def, ok := destination.Find(a.Definitions, in.MetadataID)
	if !ok {
		return secant.Destination{}, secant.Invalid("metadataId", in.MetadataID,
			"is no type of destination; GET /api/catalog/destinations lists them")
	}
	d := secant.Destination{ID: in.ID, Name: in.Name, Source: in.SourceID, Type: def.Slug,
		Enabled: in.Enabled == nil || *in.Enabled, Settings: def.Unmask(in.Settings, nil)}
	if d.Name == "" {
		d.Name = def.Name
	}
	return d, nil
}

func (a *API) createDestination(c *call, in createDestinationInput) (destinationData, error) {
	d, err := a.draft(in)
	if err != nil {
		return destinationData{}, err
	}
	d, err = a.Store.CreateDestination(c.ctx(), c.who, d)
	return a.oneDestination(c, d, "create destination", asInput(err, destinationFields))
}

type updateDestinationInput struct {
	Name     *string        `json:"name,omitempty"`
	Enabled  *bool          `json:"enabled,omitempty"`
	Settings map[string]any `json:"settings,omitempty"`
	Version  int64          `json:"version,omitempty"`
}

func (a *API) updateDestination(c *call, in updateDestinationInput) (destinationData, error) {
	for tries := 1; ; tries++ {
		old, err := a.Store.Destination(c.ctx(), c.id("id"))
		if err != nil {
			return destinationData{}, fmt.Errorf("get destination: %w", err)
		}
		p := store.DestinationPatch{Name: in.Name, Enabled: in.Enabled, Version: in.Version}
		if in.Settings != nil {
			// The stored secrets are put in here, so the change must not meet
			// newer ones.
			p.Settings, p.Version = a.unmask(old, in.Settings), cmp.Or(in.Version, old.Version)
		}
		d, err := a.Store.UpdateDestination(c.ctx(), c.who, old.ID, p)
		if err = asInput(err, destinationFields); !isConflict(err) {
			return a.oneDestination(c, d, "change destination", err)
		}
		now, e := a.getDestination(c, none{})
		switch {
		case e != nil:
			return destinationData{}, e
		case in.Version == 0 && now.Destination.Version != old.Version && tries < 3:
			// The client does not mind what the version is: once more.
		default:
			return destinationData{}, conflict(err, now.Destination)
		}
	}
}

// unmask puts the stored secrets where settings only hold the marker.
func (a *API) unmask(old secant.Destination, settings map[string]any) map[string]any {
	def, ok := destination.Find(a.Definitions, old.Type)
	if !ok {
		return settings
	}
	return def.Unmask(settings, old.Settings)
}

func (a *API) deleteDestination(c *call, _ none) (deletion, error) {
	version, err := c.version()
	if err != nil {
		return deletion{}, err
	}
	if err := a.Store.DeleteDestination(c.ctx(), c.who, c.id("id"), version); err != nil {
		return deletion{}, fmt.Errorf("delete destination: %w", err)
	}
	return success, nil
}

// version is the version that a deletion was decided on, 0 for any.
func (c *call) version() (int64, error) {
	s := c.query.Get("version")
	if s == "" {
		return 0, nil
	}
	v, err := strconv.ParseInt(s, 10, 64)
	if err != nil || v < 0 {
		return 0, badQuery("version", s, "must be the number that the resource carries")
	}
	return v, nil
}

// destinationFields says how fields of secant.Destination are called in this
// API.
var destinationFields = map[string]string{"source": "sourceId", "type": "metadataId"}

type testInput struct {
	Event    json.RawMessage `json:"event,omitempty"`
	Settings map[string]any  `json:"settings,omitempty"`
}

type testDraftInput struct {
	createDestinationInput
	Event json.RawMessage `json:"event,omitempty"`
}
