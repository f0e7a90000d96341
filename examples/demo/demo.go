// Package demo holds the demo shop: a small single-page shop, plain files
// without a build step, that the server shows at /demo/ when asked to.
package demo

import (
	"embed"
	"io/fs"
)

//go:embed site
var site embed.FS

// FS holds the shop's files, index.html at its root.
var FS = func() fs.FS {
	sub, err := fs.Sub(site, "site")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return sub
}()
