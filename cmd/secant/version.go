package main

import (
	"fmt"
	"runtime"
)

type versionCommand struct{}

// Run prints the version, the Go release and the platform.
func (c *versionCommand) Run(std streams) error {
	_, err := fmt.Fprintf(std.out, "secant %s (%s, %s/%s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
