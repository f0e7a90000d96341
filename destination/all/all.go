// Package all is the list of destination types.
package all

import (
	"github.com/secantdev/secant/destination"
	"github.com/secantdev/secant/destination/webhook"
)

// Definitions lists every destination type, in the order pages show them.
func Definitions() []destination.Definition {
	return []destination.Definition{
		webhook.Definition(),
	}
}
