//go:build !windows

package egress

import "syscall"

// What the kernel says when a connection breaks, and when none can be made.
var (
	errnoReset   = []error{syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED}
	errnoRefused = []error{syscall.ECONNREFUSED, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.EADDRNOTAVAIL}
)
