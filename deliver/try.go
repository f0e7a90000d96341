package deliver

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/destination"
	"github.com/secantdev/secant/egress"
)

// testTimeout bounds Engine.Test: a person is waiting.
const testTimeout = 30 * time.Second

// Test sends one event to a destination as d describes it, which need not be
// saved or enabled, and returns what was said. A nil event means a sample. The
// event is not kept, counted or retried. The error is about the settings
// (destination.FieldErrors), the type or the event (they match
// secant.ErrInvalid); what the destination answers is in the result.
func (e *Engine) Test(ctx context.Context, d secant.Destination, event []byte) (TestResult, error) {
	def, ok := destination.Find(e.defs, d.Type)
	if !ok {
		return TestResult{}, secant.Invalid("type", d.Type, "is no destination type; see the catalog for those there are")
	}
	settings, err := def.Validate(d.Settings)
	if err != nil {
		return TestResult{}, err
	}
	if event == nil {
		event = sample(d.Source, time.Now())
	}
	var head struct {
		Type      string `json:"type"`
		MessageID string `json:"messageId"`
	}
	if err := json.Unmarshal(event, &head); err != nil {
		return TestResult{}, secant.Invalid("event", string(event), "must be an event as a JSON object")
	}
	typ := secant.ParseEventType(head.Type)
	if typ == secant.TypeUnknown {
		return TestResult{}, secant.Invalid("event.type", head.Type, "must be track, identify, page, screen, group or alias")
	}
	inst, err := e.instance(def, &d, settings)
	if err != nil {
		return TestResult{}, err
	}
	trace := &egress.Trace{Secrets: def.SecretValues(settings), SecretHeaders: def.SecretHeaders(settings)}
	ctx, cancel := context.WithTimeout(egress.WithTrace(ctx, trace), testTimeout)
	defer cancel()
	err = call(ctx, inst, e.log, []destination.Event{{
		ID: head.MessageID, Type: typ, JSON: event, ReceivedAt: time.Now(), Attempt: 1,
	}})
	v := judge(err, 1)[0]
	if err := inst.Close(); err != nil {
		return TestResult{}, fmt.Errorf("close destination: %w", err)
	}
	return TestResult{
		OK: v.fate == accepted, Retryable: v.fate == failed, Reason: v.reason, Error: trace.Redact(v.text),
		Event: event, Exchanges: trace.Exchanges(),
	}, nil
}

// sample returns an event as destinations see it, made up but complete.
func sample(source string, now time.Time) []byte {
	at := now.UTC().Format("2006-01-02T15:04:05.000Z")
	b, err := json.Marshal(map[string]any{
		"anonymousId": "507f191e-810c-4197-9de8-60ea00000000",
		"channel":     "server",
		"context": map[string]any{
			"ip":      "203.0.113.7",
			"library": map[string]any{"name": "secant-test", "version": "1"},
			"locale":  "en-GB",
			"page": map[string]any{
				"path": "/checkout", "referrer": "", "search": "", "title": "Checkout", "url": "https://shop.example/checkout",
			},
			"userAgent": "Mozilla/5.0 (X11; Linux x86_64) Secant test event",
		},
		"event":             "Order Completed",
		"integrations":      map[string]any{},
		"messageId":         "secant-test-" + uuid.NewString(),
		"originalTimestamp": at,
		"projectId":         source,
		"properties": map[string]any{
			"orderId": "test-1001", "revenue": 25.5, "currency": "EUR",
			"products": []any{map[string]any{"productId": "p-1", "name": "Test product", "price": 25.5, "quantity": 1}},
		},
		"receivedAt": at,
		"sentAt":     at,
		"timestamp":  at,
		"type":       "track",
		"userId":     "test-user",
		"version":    2,
	})
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return b
}
