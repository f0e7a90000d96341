package egress

import "golang.org/x/sys/windows"

// What Winsock says when a connection breaks, and when none can be made.
var (
	errnoReset   = []error{windows.WSAECONNRESET, windows.WSAECONNABORTED}
	errnoRefused = []error{windows.WSAECONNREFUSED, windows.WSAEHOSTUNREACH, windows.WSAENETUNREACH, windows.WSAEADDRNOTAVAIL}
)
