package api

import (
	"cmp"
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/live"
)

// Live is what the API needs of the debugger.
type Live interface {
	Recent(ctx context.Context, f live.Filter, limit int) ([]live.Event, error)
	Subscribe(f live.Filter) *live.Subscription
	UnknownKeys() []live.UnknownKey
}

var eventEndpoints = []endpoint{
	on("GET", "/api/events", secant.RoleViewer, "List the last events of the debugger", (*API).recent,
		query("source", "type", "name", "reason", "q", "limit")),
	raw("GET", "/api/events/stream", secant.RoleViewer, "Follow events as they arrive", "text/event-stream", (*API).stream,
		query("source", "type", "name", "reason", "q")),
	on("GET", "/api/refused", secant.RoleViewer, "List write keys that were used and that no source has", (*API).refused),
}

// event is an event as the debugger shows it.
type event struct {
	ID          string          `json:"id"`
	Source      string          `json:"source"`
	Type        string          `json:"type"`
	Name        string          `json:"name"`
	MessageID   string          `json:"messageId"`
	UserID      string          `json:"userId"`
	AnonymousID string          `json:"anonymousId"`
	Reason      secant.Reason   `json:"reason"`
	ReasonText  string          `json:"reasonText"`
	Note        string          `json:"note"`     // something unusual about an event that went on
	NoteText    string          `json:"noteText"` // the same for people
	ReceivedAt  Stamp           `json:"receivedAt"`
	Position    secant.Position `json:"position"`
	Event       json.RawMessage `json:"event"`
}

type eventsData struct {
	Events []event `json:"events"`
}

func eventOf(e live.Event) event {
	return event{
		ID: e.ID, Source: e.Source, Type: e.Type.String(), Name: e.Name, MessageID: e.MessageID,
		UserID: e.UserID, AnonymousID: e.AnonymousID, Reason: e.Reason, ReasonText: e.Reason.Explain(), Note: e.Note.String(), NoteText: e.Note.Explain(),
		ReceivedAt: Stamp(time.UnixMilli(e.ReceivedAt)), Position: e.Position, Event: e.JSON,
	}
}

// filter reads which events the client wants to see.
func (c *call) filter() (live.Filter, error) {
	f := live.Filter{Source: c.query.Get("source"), Name: c.query.Get("name"),
		Reason: c.query.Get("reason"), Query: c.query.Get("q")}
	if s := c.query.Get("type"); s != "" {
		if f.Type = secant.ParseEventType(s); f.Type == secant.TypeUnknown {
			return f, badQuery("type", s, "must be track, identify, page, screen, group or alias")
		}
	}
	if len(f.Query) > 200 {
		return f, badQuery("q", f.Query, "must not be longer than 200 bytes")
	}
	return f, nil
}

func (a *API) recent(c *call, _ none) (eventsData, error) {
	f, err := c.filter()
	if err != nil {
		return eventsData{}, err
	}
	limit, err := strconv.Atoi(cmp.Or(c.query.Get("limit"), "100"))
	if err != nil || limit < 1 || limit > live.Kept {
		return eventsData{}, badQuery("limit", c.query.Get("limit"), "must be a number from 1 to 500")
	}
	list, err := a.Live.Recent(c.ctx(), f, limit)
	if err != nil && len(list) == 0 {
		return eventsData{}, err
	}
	if err != nil { // what is in memory is better than nothing
		a.log.Warn("the debugger's older events cannot be read", "error", err)
	}
	out := eventsData{Events: make([]event, len(list))}
	for i, e := range list {
		out.Events[i] = eventOf(e)
	}
	return out, nil
}

type refusedKey struct {
	WriteKey   string        `json:"writeKey"`
	Reason     secant.Reason `json:"reason"`
	ReasonText string        `json:"reasonText"`
	N          int64         `json:"n"`
	LastAt     Stamp         `json:"lastAt"`
}

type refusedData struct {
	Refused []refusedKey `json:"refused"`
}

func (a *API) refused(*call, none) (refusedData, error) {
	out := refusedData{Refused: []refusedKey{}}
	for _, k := range a.Live.UnknownKeys() {
		out.Refused = append(out.Refused, refusedKey{WriteKey: k.Key, Reason: secant.ReasonUnknownSource,
			ReasonText: secant.ReasonUnknownSource.Explain(), N: k.Requests, LastAt: Stamp(time.UnixMilli(k.LastSeen))})
	}
	return out, nil
}
