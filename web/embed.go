// Package web holds what browsers are served, built from the TypeScript below
// this folder by make and embedded in the binary.
package web

import (
	"embed"
	"io/fs"
)

// dist is empty, but for a marker, when Go was run without make.
//
//go:embed all:dist
var dist embed.FS

// Console returns the console's files, and false when it was not built.
func Console() (fs.FS, bool) { return built("dist/console", "index.html") }

// Analytics returns the files of analytics.js, and false when they were not
// built.
func Analytics() (fs.FS, bool) { return built("dist/analytics", "standalone.js") }

// built returns a folder of dist if it holds the file that its build writes.
func built(dir, marker string) (fs.FS, bool) {
	sub, err := fs.Sub(dist, dir)
	if err != nil {
		return nil, false
	}
	if _, err := fs.Stat(sub, marker); err != nil {
		return nil, false
	}
	return sub, true
}
