package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/egress"
)

// testData is what came of sending one event to a destination. Ok is false
// when the destination refused it or could not be reached.
type testData struct {
	OK         bool              `json:"ok"`
	Error      string            `json:"error"`
	Reason     secant.Reason     `json:"reason"`
	ReasonText string            `json:"reasonText"`
	Retryable  bool              `json:"retryable"`
	Event      json.RawMessage   `json:"event"`
	Exchanges  []egress.Exchange `json:"exchanges"`
}

func (a *API) testDestination(c *call, in testInput) (testData, error) {
	d, err := a.Store.Destination(c.ctx(), c.id("id"))
	if err != nil {
		return testData{}, fmt.Errorf("get destination: %w", err)
	}
	if in.Settings != nil {
		merged := maps.Clone(d.Settings)
		for key, v := range a.unmask(d, in.Settings) {
			if v == nil {
				delete(merged, key)
			} else {
				merged[key] = v
			}
		}
		d.Settings = merged
	}
	return a.test(c, d, in.Event)
}

func (a *API) testDraft(c *call, in testDraftInput) (testData, error) {
	d, err := a.draft(in.createDestinationInput)
	if err != nil {
		return testData{}, err
	}
	if _, err := a.Store.Source(c.ctx(), d.Source); err != nil {
		return testData{}, secant.Invalid("sourceId", d.Source, "is no source; GET /api/sources lists them")
	}
	if d.ID == "" {
		d.ID = "draft"
	}
	return a.test(c, d, in.Event)
}

func (a *API) test(c *call, d secant.Destination, event []byte) (testData, error) {
	if event = bytes.TrimSpace(event); bytes.Equal(event, []byte("null")) {
		event = nil
	}
	r, err := a.Deliver.Test(c.ctx(), d, event)
	if err != nil {
		return testData{}, fmt.Errorf("test destination: %w", asInput(err, destinationFields))
	}
	out := testData{OK: r.OK, Error: r.Error, Reason: r.Reason, ReasonText: r.Reason.Explain(),
		Retryable: r.Retryable, Event: r.Event, Exchanges: r.Exchanges}
	if out.Exchanges == nil {
		out.Exchanges = []egress.Exchange{}
	}
	return out, nil
}
