//go:build !linux

package app

import "context"

// portHolder cannot be told without privileges on this system.
func portHolder(context.Context, string) string { return "another process" }
