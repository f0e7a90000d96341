// Package demo holds the demo shop that `secant serve --demo` serves at /demo/:
// a static single-page shop that sends its visitors' events to the source
// demo-shop of the same server.
package demo

import "embed"

// FS holds the shop's files. Whoever serves it answers paths below /demo/ that
// are no file with index.html, which finds its page by the path.
//
//go:embed index.html shop art
var FS embed.FS
