package egress

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"slices"

	"github.com/secantdev/secant"
)

// Reason returns the name by which an error of Client.Do, or of reading a
// response's body, is counted: ETIMEDOUT, ECONNRESET, ENOTFOUND, EREFUSED, or
// RETRY for anything else (a certificate that does not verify, an answer that
// is no HTTP).
func Reason(err error) secant.Reason {
	var refused *RefusedError
	var dns *net.DNSError
	var netErr net.Error
	var alert tls.AlertError
	switch {
	case err == nil:
		return secant.ReasonNone
	case errors.As(err, &refused):
		return secant.ReasonConnRefused
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return secant.ReasonTimeout
	case errors.As(err, &dns):
		if dns.IsTimeout {
			return secant.ReasonTimeout
		}
		return secant.ReasonNameNotFound
	case errors.As(err, &alert):
		return secant.ReasonRetry
	case isOneOf(err, errnoReset), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return secant.ReasonConnReset
	case isOneOf(err, errnoRefused):
		return secant.ReasonConnRefused
	case errors.As(err, &netErr) && netErr.Timeout():
		return secant.ReasonTimeout
	}
	return secant.ReasonRetry
}

func isOneOf(err error, codes []error) bool {
	return slices.ContainsFunc(codes, func(code error) bool { return errors.Is(err, code) })
}
