// Package destination is the contract between the delivery engine and the
// places events are sent to.
//
// A Definition is data: the same value gives the form in the console, the
// validation of settings, the docs and the catalogue. An Instance is a
// configured destination that is sent events; what went wrong is said by the
// error it returns and by nothing else. A new destination is one folder with a
// Definition and one line in destination/all.
package destination

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/secantdev/secant"
)

// Definition describes one type of destination.
type Definition struct {
	Slug        string             `json:"slug"`           // stable: what the workspace file calls type
	Name        string             `json:"name"`           // what people and the integrations object call it
	Description string             `json:"description"`    // one sentence
	Category    string             `json:"category"`       // "Raw data"
	Docs        string             `json:"docs,omitempty"` // address of a page, or empty
	Settings    []Field            `json:"settings"`       // in the order forms show them
	Types       []secant.EventType `json:"-"`              // what it accepts; nil: all

	// New returns an instance with settings that Validate has normalised.
	// It must not use the network.
	New func(env Env, settings map[string]any) (Instance, error) `json:"-"`
}

// Kind is how a setting is edited and what values it takes.
type Kind string

// Kinds of setting, and the Go type of their normalised value.
const (
	KindString  Kind = "string"  // string, one line
	KindText    Kind = "text"    // string, several lines
	KindSecret  Kind = "secret"  // string, never shown again
	KindURL     Kind = "url"     // string, an absolute http or https address
	KindURLs    Kind = "urls"    // one address as string, 2 to Max as []string: as people write it
	KindNumber  Kind = "number"  // float64
	KindBoolean Kind = "boolean" // bool
	KindSelect  Kind = "select"  // string, the Value of one of Options
	KindMap     Kind = "map"     // map[string]string
	KindHeaders Kind = "headers" // map[string]string of HTTP header names and values
)

// Field is one setting of a Definition.
type Field struct {
	Key         string   `json:"key"` // camelCase, as in the workspace file
	Label       string   `json:"label"`
	Description string   `json:"description,omitempty"`
	Kind        Kind     `json:"kind"`
	Required    bool     `json:"required,omitempty"`
	Secret      bool     `json:"secret,omitempty"`  // true for KindSecret, and for kinds whose values may hold one
	Default     any      `json:"default,omitempty"` // a normalised value
	Options     []Option `json:"options,omitempty"` // KindSelect
	Placeholder string   `json:"placeholder,omitempty"`
	Min         *float64 `json:"min,omitempty"` // KindNumber: smallest value
	Max         *float64 `json:"max,omitempty"` // KindNumber: largest value; KindURLs, KindMap, KindHeaders: most entries
}

// Option is one choice of a KindSelect field.
type Option struct {
	Value string `json:"value"`
	Label string `json:"label"`
}

// HTTP is the client that instances use; in the server it is egress.Client,
// which refuses private addresses, does not follow redirects unless asked and
// caps what it reads.
type HTTP interface {
	Do(*http.Request) (*http.Response, error)
}

// Env is what an instance gets from the house.
type Env struct {
	Destination string // id of the configured destination
	HTTP        HTTP
	Logger      *slog.Logger
	Now         func() time.Time
}

// Event is one event to deliver.
type Event struct {
	ID         string           // messageId
	Type       secant.EventType // never TypeUnknown
	JSON       []byte           // as in the clean log; read-only, valid during Send
	ReceivedAt time.Time
	Attempt    int // 1 for the first
}

// Instance sends events to one configured destination.
type Instance interface {
	// Send delivers events, 1 to MaxBatch of them, in order. The engine calls
	// it from several goroutines at once, never with two events of one visitor
	// in different calls. ctx carries the deadline.
	//
	// nil means that all were accepted; Retry that all failed for now; Reject
	// that all are refused for good; Errors says it for each event. Any other
	// error, and a panic, is retried.
	Send(ctx context.Context, events []Event) error

	// MaxBatch is the most events that Send takes at once, at least 1. It is
	// constant.
	MaxBatch() int

	// Close frees what the instance holds. It is called once, after the last
	// Send has returned.
	Close() error
}
