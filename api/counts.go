package api

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/store"
)

// countStore keeps the counters.
type countStore interface {
	Counts(ctx context.Context, q store.CountQuery) ([]store.CountRow, error)
}

var countEndpoints = []endpoint{
	on("GET", "/api/counts", secant.RoleViewer, "Add up the counters", (*API).counts,
		query("of", "source", "destination", "type", "name", "reason", "outcome", "from", "to", "by", "group")),
}

// countColumns are what counts can be grouped by.
var countColumns = []string{"source", "type", "name", "destination", "reason", "outcome"}

type count struct {
	At          Stamp  `json:"at"`
	Source      string `json:"source"`
	Type        string `json:"type"`
	Name        string `json:"name"`
	Destination string `json:"destination"`
	Reason      string `json:"reason"`
	ReasonText  string `json:"reasonText"`
	Outcome     string `json:"outcome"`
	N           int64  `json:"n"`
}

type countsData struct {
	Counts []count `json:"counts"`
}

func (a *API) counts(c *call, _ none) (countsData, error) {
	q, err := a.countQuery(c)
	if err != nil {
		return countsData{}, err
	}
	rows, err := a.Store.Counts(c.ctx(), q)
	if err != nil {
		return countsData{}, fmt.Errorf("read counts: %w", err)
	}
	out := countsData{Counts: make([]count, len(rows))}
	for i, r := range rows {
		out.Counts[i] = count{At: Stamp(r.At), Source: r.Source, Type: r.Type, Name: r.Name, Destination: r.Destination,
			Reason: r.Reason, ReasonText: secant.Reason(r.Reason).Explain(), Outcome: r.Outcome, N: r.N}
	}
	return out, nil
}

func (a *API) countQuery(c *call) (store.CountQuery, error) {
	get := c.query.Get
	q := store.CountQuery{
		By:     store.Resolution(cmp.Or(get("by"), string(store.ByHour))),
		Source: get("source"), Destination: get("destination"),
		Type: get("type"), Name: get("name"), Reason: get("reason"), Outcome: get("outcome"),
	}
	if !slices.Contains([]store.Resolution{store.ByMinute, store.ByHour, store.ByDay, store.InTotal}, q.By) {
		return q, badQuery("by", string(q.By), "must be minute, hour, day or total")
	}
	if s := get("group"); s != "" {
		q.Group = strings.Split(s, ",")
		for _, g := range q.Group {
			if !slices.Contains(countColumns, g) {
				return q, badQuery("group", g, "must be one or more of "+strings.Join(countColumns, ", ")+", separated by commas")
			}
		}
	}
	of := "events"
	if q.Destination != "" || slices.Contains(q.Group, "destination") {
		of = "deliveries"
	}
	switch of = cmp.Or(get("of"), of); of {
	case "events":
		q.Collected = true
	case "deliveries":
		q.Delivered = true
	default:
		return q, badQuery("of", of, "must be events or deliveries")
	}
	var err error
	if q.To, err = queryTime(c, "to", a.now()); err != nil {
		return q, err
	}
	if q.From, err = queryTime(c, "from", q.To.Add(-24*time.Hour)); err != nil {
		return q, err
	}
	if !q.From.Before(q.To) {
		return q, badQuery("from", get("from"), "must be before to")
	}
	return q, nil
}

func queryTime(c *call, name string, otherwise time.Time) (time.Time, error) {
	s := c.query.Get(name)
	if s == "" {
		return otherwise, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, badQuery(name, s, "must be a time like 2026-01-02T15:04:05Z")
	}
	return t, nil
}
