package api

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/store"
)

// auditStore keeps who changed what.
type auditStore interface {
	ListAudit(ctx context.Context, f store.AuditFilter, p store.Page) (store.List[secant.AuditEntry], error)
	Record(ctx context.Context, by secant.Actor, action, target string, detail map[string]any) error
}

var auditEndpoints = []endpoint{
	on("GET", "/api/audit-events", secant.RoleAdmin, "List who changed what, the newest first", (*API).audit, paged,
		query("startTime", "endTime", "resourceId", "resourceType", "type", "actor")),
}

// auditEventV1 is Segment's AuditEventV1 with our fields behind theirs.
type auditEventV1 struct {
	ID           string `json:"id"`
	Timestamp    Stamp  `json:"timestamp"`
	Type         string `json:"type"`
	Actor        string `json:"actor"`
	ActorEmail   string `json:"actorEmail"`
	ResourceID   string `json:"resourceId"`
	ResourceType string `json:"resourceType"`
	ResourceName string `json:"resourceName"`

	ActorKind string         `json:"actorKind"`
	ActorName string         `json:"actorName"`
	Detail    map[string]any `json:"detail"`
}

type auditData struct {
	Events     []auditEventV1 `json:"events"`
	Pagination pagination     `json:"pagination"`
}

func (a *API) audit(c *call, _ none) (auditData, error) {
	p, err := c.page()
	if err != nil {
		return auditData{}, err
	}
	f := store.AuditFilter{Target: c.query.Get("resourceId"), Action: c.query.Get("type"), Actor: c.query.Get("actor")}
	if kind := c.query.Get("resourceType"); kind != "" && f.Action == "" {
		f.Action = kind + "." // the kind is how its actions begin
	}
	if f.From, err = queryTime(c, "startTime", time.Time{}); err != nil {
		return auditData{}, err
	}
	if f.To, err = queryTime(c, "endTime", time.Time{}); err != nil {
		return auditData{}, err
	}
	list, err := a.Store.ListAudit(c.ctx(), f, p)
	if err != nil {
		return auditData{}, fmt.Errorf("list audit trail: %w", err)
	}
	out := auditData{Events: make([]auditEventV1, len(list.Items)), Pagination: pageOf(p, list)}
	for i, e := range list.Items {
		kind, _, _ := strings.Cut(e.Action, ".")
		shown := auditEventV1{
			ID: strconv.FormatInt(e.ID, 10), Timestamp: Stamp(e.At), Type: e.Action, Actor: e.Actor.ID,
			ResourceID: e.Target, ResourceType: kind, ResourceName: e.Target,
			ActorKind: e.Actor.Kind, ActorName: e.Actor.Name, Detail: e.Detail,
		}
		if e.Actor.Kind == "user" {
			shown.ActorEmail = e.Actor.Name
		}
		out.Events[i] = shown
	}
	return out, nil
}
