package egress

import "time"

// Exchange is one request that left the house and what came back, in a form
// that may be shown to people: secrets are redacted and bodies are cut.
type Exchange struct {
	Request    Request   `json:"request"`
	Response   *Response `json:"response"` // nil when none came
	Error      string    `json:"error"`    // why no response came, or why its body could not be read
	StartedAt  time.Time `json:"startedAt"`
	DurationMs float64   `json:"durationMs"` // from the first byte sent to the end of the part of the body that was read
}

// Request is the request of an Exchange.
type Request struct {
	Method    string              `json:"method"`
	URL       string              `json:"url"`
	Headers   map[string][]string `json:"headers"`
	Body      string              `json:"body"` // at most 16 KiB
	Truncated bool                `json:"bodyTruncated,omitempty"`
}

// Response is the response of an Exchange.
type Response struct {
	Status    int                 `json:"status"`
	Headers   map[string][]string `json:"headers"`
	Body      string              `json:"body"` // at most 16 KiB
	Truncated bool                `json:"bodyTruncated,omitempty"`
}
