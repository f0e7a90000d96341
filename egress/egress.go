// Package egress is the one HTTP client that may leave the house.
//
// It resolves a name once, refuses private, loopback, link-local and other
// special addresses unless the operator allowed them, and dials exactly the
// address it checked, so neither a redirect nor a name that changes its mind
// can make it talk to the inside of a network. It uses no proxy from the
// environment, caps what it reads and follows redirects only when asked.
package egress
