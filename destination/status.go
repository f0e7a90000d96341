package destination

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxQuote is how much of an answer an error quotes.
const maxQuote = 300

// CheckStatus judges an HTTP answer by its status as most destinations mean it:
//
//   - 2xx is acceptance.
//   - 408, 425, 429 and 5xx are retried, honouring Retry-After.
//   - 401, 403, 404, 407, 410 and 3xx speak about the address or the
//     credentials, not about the event. They are retried too, so that events
//     wait while an operator corrects the settings instead of being given up
//     by the thousand.
//   - Any other status is a rejection of the event.
//
// body is the start of the answer, quoted in the error. A destination with
// other rules makes its own Retry and Reject.
func CheckStatus(resp *http.Response, body []byte, now time.Time) error {
	status := resp.StatusCode
	if status >= 200 && status < 300 {
		return nil
	}
	text := strings.ToValidUTF8(strings.TrimSpace(string(body)), "")
	if len(text) > maxQuote {
		text = strings.ToValidUTF8(text[:maxQuote], "") + "…"
	}
	err := &StatusError{Status: status, Body: text}
	if status >= 300 && status < 400 {
		err.Body = "redirects are not followed; put the final address into the settings"
	}
	if !retryable(status) {
		return Reject(err)
	}
	return Retry(err, RetryAfter(resp.Header, now))
}

func retryable(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusProxyAuthRequired,
		http.StatusGone, http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return status < 400 || status >= 500
}

// maxRetryAfter is the longest wait a destination may ask for: as long as
// deliveries are retried at all.
const maxRetryAfter = 4 * time.Hour

// RetryAfter returns the wait that the header Retry-After asks for, as seconds
// or as a date, between 0 and 4 hours; 0 when there is none.
func RetryAfter(h http.Header, now time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0
	}
	if s, err := strconv.ParseFloat(v, 64); err == nil && s == s {
		return time.Duration(min(max(s, 0), maxRetryAfter.Seconds()) * float64(time.Second))
	}
	t, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	return min(max(t.Sub(now), 0), maxRetryAfter)
}

// Combine combines what two attempts for the same event came to when neither
// accepted it: the event is retried if either may accept it later, after the
// shorter of their waits. A nil means no attempt.
func Combine(a, b error) error {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	var rejectA, rejectB *RejectError
	switch {
	case errors.As(a, &rejectA):
		return b
	case errors.As(b, &rejectB):
		return a
	}
	var retryA, retryB *RetryError
	if errors.As(a, &retryA) && errors.As(b, &retryB) {
		return Retry(b, min(retryA.After, retryB.After))
	}
	return b
}
