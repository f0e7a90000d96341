package collect

import (
	"net/http"
	"strconv"

	"github.com/secantdev/secant/internal/rawjson"

	secant "github.com/secantdev/secant"
)

// Header values are shared between all answers: http.Header wants slices, and
// making them for each request is what a bare handler does not do.
var (
	typeJSON      = []string{"application/json"}
	successBody   = []byte(`{"success":true}`)
	successLength = []string{strconv.Itoa(len(`{"success":true}`))}
)

// succeed answers as every SDK wants it: exactly 200 and exactly this body.
func succeed(w http.ResponseWriter) {
	h := w.Header()
	h["Content-Type"] = typeJSON
	h["Content-Length"] = successLength
	_, _ = w.Write(successBody) // the client is gone; nothing to do about it
}

// refusal is why a request is not accepted. Retrying helps only where status is
// 408, 429 or 503.
type refusal struct {
	status  int
	code    string // machine code, part of the protocol
	message string // for the person who reads the SDK's log
	reason  secant.Reason
	retry   int // seconds until another try makes sense, for 429 and 503
}

// Refusals that say the same each time.
var (
	errMissingKey = &refusal{
		status: http.StatusBadRequest, code: "missing_write_key", reason: secant.ReasonUnknownSource,
		message: "the write key is missing: send it as the user name of an Authorization: Basic header or as writeKey in the body",
	}
	errUnknownKey = &refusal{
		status: http.StatusUnauthorized, code: "unknown_write_key", reason: secant.ReasonUnknownSource,
		message: "no source has this write key: copy the key from the source's page",
	}
	errNotObject = &refusal{
		status: http.StatusBadRequest, code: "invalid_body", reason: secant.ReasonBadRequest,
		message: "the body must be a JSON object",
	}
	errNoBatch = &refusal{
		status: http.StatusBadRequest, code: "invalid_body", reason: secant.ReasonBadRequest,
		message: "the body must be an object with an array of events named batch",
	}
	errGzip = &refusal{
		status: http.StatusBadRequest, code: "invalid_gzip", reason: secant.ReasonBadRequest,
		message: "the body is damaged gzip",
	}
	errBody = &refusal{
		status: http.StatusBadRequest, code: "incomplete_body", reason: secant.ReasonBadRequest,
		message: "the body ended too early",
	}
	errSlow = &refusal{
		status: http.StatusRequestTimeout, code: "timeout", reason: secant.ReasonBadRequest,
		message: "the body took too long to arrive",
	}
	errExpands = &refusal{
		status: http.StatusBadRequest, code: "payload_too_large", reason: secant.ReasonTooLarge,
		message: "the batch's context and integrations are too large for so many events: send smaller batches",
	}
	errUnavailable = &refusal{
		status: http.StatusServiceUnavailable, code: "unavailable", retry: 1,
		message: "the events could not be stored safely: send them again",
	}
	errInternal = &refusal{
		status: http.StatusInternalServerError, code: "internal",
		message: "something went wrong here; the server's log has the details",
	}
	errMethod = &refusal{
		status: http.StatusMethodNotAllowed, code: "method_not_allowed",
		message: "this method is not allowed here; the Allow header lists those that are",
	}
	errNotFound = &refusal{
		status: http.StatusNotFound, code: "not_found",
		message: "there is nothing at this address",
	}
	errHost = &refusal{
		status: http.StatusBadRequest, code: "invalid_host",
		message: "the Host header is not a host name",
	}
	errNoBundle = &refusal{
		status: http.StatusNotFound, code: "not_built",
		message: "this program was built without the browser bundle: build it with make",
	}
)

func tooLarge(limit int, what string) *refusal {
	return &refusal{
		status: http.StatusBadRequest, code: "payload_too_large", reason: secant.ReasonTooLarge,
		message: what + " is larger than " + strconv.Itoa(limit) + " bytes",
	}
}

func invalidJSON(err error) *refusal {
	return &refusal{
		status: http.StatusBadRequest, code: "invalid_json", reason: secant.ReasonBadRequest,
		message: "the body is not valid JSON: " + err.Error(),
	}
}

func tooManyRequests(seconds int) *refusal {
	return &refusal{
		status: http.StatusTooManyRequests, code: "too_many_requests", reason: secant.ReasonTooManyRequests, retry: seconds,
		message: "the source's rate limit is reached: wait as long as Retry-After says",
	}
}

// write answers with the one error body that every SDK can read: Ruby wants
// error, Python code and message, Java success.
func (e *refusal) write(w http.ResponseWriter) {
	h := w.Header()
	h["Content-Type"] = typeJSON
	if e.retry > 0 {
		seconds := []string{strconv.Itoa(e.retry)}
		h["Retry-After"] = seconds
		h["X-Ratelimit-Reset"] = seconds
	}
	body := append(make([]byte, 0, 256), `{"success":false,"error":`...)
	body = rawjson.AppendString(body, e.message)
	body = append(body, `,"code":`...)
	body = rawjson.AppendString(body, e.code)
	body = append(body, `,"message":`...)
	body = rawjson.AppendString(body, e.message)
	body = append(body, '}')
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(e.status)
	_, _ = w.Write(body)
}
