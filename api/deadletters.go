package api

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/deliver"
	"github.com/secantdev/secant/egress"
	"github.com/secantdev/secant/store"
)

// deadLetterStore keeps the deliveries that were given up.
type deadLetterStore interface {
	ListDeadLetters(ctx context.Context, destination string, p store.Page) (store.List[deliver.DeadLetter], error)
	DeleteDeadLetters(ctx context.Context, by secant.Actor, destination string, ids []string) (int, error)
	CountDeadLetters(ctx context.Context) (map[string]int, error)
}

var deadLetterEndpoints = []endpoint{
	on("GET", "/api/destinations/{id}/dead-letters", secant.RoleViewer, "List the deliveries that were given up", (*API).listDeadLetters, paged),
	on("POST", "/api/destinations/{id}/dead-letters/{letter}/resend", secant.RoleEditor, "Deliver one dead letter again", (*API).resendOne),
	on("POST", "/api/destinations/{id}/dead-letters/resend", secant.RoleEditor, "Deliver all dead letters again", (*API).resendAll),
	on("DELETE", "/api/destinations/{id}/dead-letters/{letter}", secant.RoleEditor, "Forget one dead letter", (*API).forgetOne),
	on("DELETE", "/api/destinations/{id}/dead-letters", secant.RoleEditor, "Forget all dead letters", (*API).forgetAll),
}

type deadLetter struct {
	ID         string           `json:"id"`
	At         Stamp            `json:"at"`
	ReceivedAt Stamp            `json:"receivedAt"`
	Source     string           `json:"source"`
	MessageID  string           `json:"messageId"`
	Type       string           `json:"type"`
	Name       string           `json:"name"`
	Attempts   int              `json:"attempts"`
	Reason     secant.Reason    `json:"reason"`
	ReasonText string           `json:"reasonText"`
	Error      string           `json:"error"`
	Event      json.RawMessage  `json:"event"`
	Exchange   *egress.Exchange `json:"exchange"`
}

type deadLettersData struct {
	DeadLetters []deadLetter `json:"deadLetters"`
	Pagination  pagination   `json:"pagination"`
}

func (a *API) listDeadLetters(c *call, _ none) (deadLettersData, error) {
	p, err := c.page()
	if err != nil {
		return deadLettersData{}, err
	}
	d, err := a.Store.Destination(c.ctx(), c.id("id"))
	if err != nil {
		return deadLettersData{}, fmt.Errorf("get destination: %w", err)
	}
	list, err := a.Store.ListDeadLetters(c.ctx(), d.ID, p)
	if err != nil {
		return deadLettersData{}, fmt.Errorf("list dead letters: %w", err)
	}
	out := deadLettersData{DeadLetters: make([]deadLetter, len(list.Items)), Pagination: pageOf(p, list)}
	for i, l := range list.Items {
		out.DeadLetters[i] = deadLetter{
			ID: l.ID, At: Stamp(l.FailedAt), ReceivedAt: Stamp(time.UnixMilli(l.ReceivedAt)), Source: l.Source,
			MessageID: l.MessageID, Type: l.Type.String(), Name: l.Name, Attempts: l.Attempts,
			Reason: l.Reason, ReasonText: l.Reason.Explain(), Error: l.Error, Event: l.JSON, Exchange: l.Exchange,
		}
	}
	return out, nil
}

type resentData struct {
	Resent int `json:"resent"`
}

func (a *API) resendOne(c *call, _ none) (resentData, error) {
	out, err := a.resend(c, c.id("letter"))
	if err == nil && out.Resent == 0 {
		err = noLetter(c)
	}
	return out, err
}

func noLetter(c *call) error {
	return fail(secant.ErrNotFound, "There is no dead letter %q here. It may have been sent again or deleted already.", short(c.id("letter")))
}

func (a *API) resendAll(c *call, _ none) (resentData, error) { return a.resend(c) }

func (a *API) resend(c *call, ids ...string) (resentData, error) {
	d, err := a.Store.Destination(c.ctx(), c.id("id"))
	if err != nil {
		return resentData{}, fmt.Errorf("get destination: %w", err)
	}
	n, err := a.Deliver.Resend(c.ctx(), d.ID, ids)
	if err != nil {
		return resentData{}, fmt.Errorf("resend dead letters: %w", err)
	}
	if n > 0 {
		detail := map[string]any{"n": n}
		if err := a.Store.Record(c.ctx(), c.who, "dead_letters.resent", d.ID, detail); err != nil {
			return resentData{}, fmt.Errorf("write audit entry: %w", err)
		}
	}
	return resentData{n}, nil
}

type forgottenData struct {
	Deleted int `json:"deleted"`
}

func (a *API) forgetOne(c *call, _ none) (forgottenData, error) {
	out, err := a.forget(c, c.id("letter"))
	if err == nil && out.Deleted == 0 {
		err = noLetter(c)
	}
	return out, err
}

func (a *API) forgetAll(c *call, _ none) (forgottenData, error) { return a.forget(c) }

func (a *API) forget(c *call, ids ...string) (forgottenData, error) {
	d, err := a.Store.Destination(c.ctx(), c.id("id"))
	if err != nil {
		return forgottenData{}, fmt.Errorf("get destination: %w", err)
	}
	n, err := a.Store.DeleteDeadLetters(c.ctx(), c.who, d.ID, ids)
	if err != nil {
		return forgottenData{}, fmt.Errorf("delete dead letters: %w", err)
	}
	return forgottenData{n}, nil
}
