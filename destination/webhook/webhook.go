// Package webhook sends each event as JSON to one of up to five addresses.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the signature that receivers of Segment's webhooks check
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/secantdev/secant/destination"
)

// timeout is how long one address may take to answer.
const timeout = 5 * time.Second

// maxRead is how much of an answer is read: enough for a person to see what is
// wrong, and for the connection to be used again after a usual answer.
const maxRead = 16 << 10

func ptr(n float64) *float64 { return &n }

// Definition describes the webhook destination.
func Definition() destination.Definition {
	return destination.Definition{
		Slug:        "webhook",
		Name:        "Webhooks",
		Description: "Sends each event as JSON to an address of yours.",
		Category:    "Raw data",
		Settings: []destination.Field{
			{
				Key: "url", Label: "Address", Kind: destination.KindURLs, Required: true, Max: ptr(5),
				Placeholder: "https://example.com/hook",
				Description: "Where events are sent. With several addresses, up to five, an event counts as delivered as soon as one of them accepts it.",
			},
			{
				Key: "sharedSecret", Label: "Shared secret", Kind: destination.KindSecret, Secret: true,
				Description: "When set, each request carries the header X-Signature: the HMAC-SHA1 of its body under this secret, in hex.",
			},
			{
				Key: "headers", Label: "Headers", Kind: destination.KindHeaders, Secret: true, Max: ptr(50),
				Description: "Sent with each request, for example Authorization. They may replace the user agent and the content type.",
			},
			{
				Key: "method", Label: "Method", Kind: destination.KindSelect, Default: http.MethodPost,
				Options: []destination.Option{{Value: "POST", Label: "POST"}, {Value: "PUT", Label: "PUT"}, {Value: "PATCH", Label: "PATCH"}},
			},
		},
		New: open,
	}
}

// hook is a configured webhook.
type hook struct {
	client  destination.HTTP
	now     func() time.Time
	method  string
	targets []*url.URL
	secret  []byte
	header  http.Header
}

func open(env destination.Env, settings map[string]any) (destination.Instance, error) {
	h := &hook{
		client: env.HTTP,
		now:    env.Now,
		header: http.Header{"Content-Type": {"application/json"}},
	}
	h.method, _ = settings["method"].(string)
	for _, s := range destination.Addresses(settings["url"]) {
		u, err := url.Parse(s)
		if err != nil {
			return nil, fmt.Errorf("parse address: %w", err)
		}
		h.targets = append(h.targets, u)
	}
	if len(h.targets) == 0 {
		return nil, errors.New("open webhook: settings are not normalised: no url")
	}
	secret, _ := settings["sharedSecret"].(string)
	h.secret = []byte(secret)
	headers, _ := settings["headers"].(map[string]string)
	for name, value := range headers {
		h.header.Set(name, value)
	}
	return h, nil
}

// MaxBatch is 1: receivers expect one event in a request.
func (h *hook) MaxBatch() int { return 1 }

// Close has nothing to free.
func (h *hook) Close() error { return nil }

// Send tries the addresses in order until one accepts the event. When none
// does, the event is retried if any of them might accept it later.
func (h *hook) Send(ctx context.Context, events []destination.Event) error {
	errs := make(destination.Errors, len(events))
	failed := false
	for i := range events {
		if errs[i] = h.send(ctx, events[i].JSON); errs[i] != nil {
			failed = true
		}
	}
	switch {
	case !failed:
		return nil
	case len(errs) == 1:
		return errs[0]
	}
	return errs
}

func (h *hook) send(ctx context.Context, body []byte) error {
	signature := ""
	if len(h.secret) > 0 {
		signature = sign(h.secret, body)
	}
	var outcome error
	for _, target := range h.targets {
		err := h.post(ctx, target, signature, body)
		if err == nil {
			return nil
		}
		outcome = destination.Combine(outcome, err)
	}
	return outcome
}

func (h *hook) post(ctx context.Context, target *url.URL, signature string, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	header := h.header.Clone()
	if signature != "" {
		header["X-Signature"] = []string{signature}
	}
	req := (&http.Request{
		Method: h.method,
		URL:    target,
		Host:   target.Host,
		Header: header,
		Body:   io.NopCloser(bytes.NewReader(body)),
		GetBody: func() (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(body)), nil
		},
		ContentLength: int64(len(body)),
		Proto:         "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(ctx)
	resp, err := h.client.Do(req)
	if err != nil {
		return destination.Retry(fmt.Errorf("send event: %w", err), 0)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxRead))
	if err != nil && resp.StatusCode/100 != 2 {
		answer = nil // the status says enough
	}
	// A success that breaks off while its body is read is a success: the
	// receiver has said so.
	return destination.CheckStatus(resp, answer, h.now())
}

// sign returns the hex HMAC-SHA1 of body under secret.
func sign(secret, body []byte) string {
	m := hmac.New(sha1.New, secret)
	m.Write(body)
	return hex.EncodeToString(m.Sum(nil))
}
