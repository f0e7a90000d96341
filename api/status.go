package api

import (
	"net/http"

	"github.com/secantdev/secant"
)

var statusEndpoints = []endpoint{
	on("GET", "/api/status", secant.RoleViewer, "Tell how the server is doing", (*API).status),
	raw("GET", "/api/openapi.json", everyone, "Describe this API", "application/json", (*API).description),
}

// Status is how the server is doing. The API fills in the first block.
type Status struct {
	Version       string  `json:"version"`
	StartedAt     Stamp   `json:"startedAt"`
	UptimeSeconds float64 `json:"uptimeSeconds"`
	CollectorURL  string  `json:"collectorUrl"` // origin that events are sent to

	Durability string         `json:"durability"` // when an event is safe, in words
	Problems   []string       `json:"problems"`   // why the server is not ready, with the next step; empty when it is
	Logs       []LogStatus    `json:"logs"`
	Pipeline   PipelineStatus `json:"pipeline"`
	DataBytes  int64          `json:"dataBytes"` // of the data directory
	DiskFree   int64          `json:"diskFree"`  // bytes free on its disk
}

// LogStatus is how one event log is doing.
type LogStatus struct {
	Name          string `json:"name"` // "raw" or "clean"
	Partitions    int    `json:"partitions"`
	Bytes         int64  `json:"bytes"`
	Files         int    `json:"files"`
	Appended      uint64 `json:"appended"` // events since start
	Syncs         uint64 `json:"syncs"`    // since start
	DamagedChunks uint64 `json:"damagedChunks"`
	OldestAt      Stamp  `json:"oldestAt"`
	Error         string `json:"error"` // why events cannot be appended now; empty when they can
}

// PipelineStatus is how far the pipeline is behind the raw log.
type PipelineStatus struct {
	LagChunks  uint64  `json:"lagChunks"`
	LagSeconds float64 `json:"lagSeconds"`
}

func (a *API) status(c *call, _ none) (Status, error) {
	var s Status
	if a.Status != nil {
		s = a.Status(c.ctx())
	}
	s.Version, s.StartedAt, s.UptimeSeconds = a.Version, Stamp(a.start), a.now().Sub(a.start).Seconds()
	s.CollectorURL = a.publicURL(c.r)
	if s.Problems == nil {
		s.Problems = []string{}
	}
	if s.Logs == nil {
		s.Logs = []LogStatus{}
	}
	return s, nil
}

func (a *API) description(c *call) error {
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(http.StatusOK)
	_, _ = c.w.Write(a.openapi) // the client may be gone: there is nobody left to tell
	return nil
}
