// Package webhook sends each event as JSON to one of up to five addresses.
package webhook

import "github.com/secantdev/secant/destination"

// Definition describes the webhook destination.
func Definition() destination.Definition {
	return destination.Definition{Slug: "webhook", Name: "Webhooks"}
}
