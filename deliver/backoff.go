package deliver

import (
	"math/rand/v2"
	"time"
)

// Times of retrying. Four hours is how long Segment's webhooks are retried.
const (
	retryFor     = 4 * time.Hour    // since the first attempt
	firstBackoff = time.Second      // mean wait after the first failure
	maxBackoff   = 10 * time.Minute // largest mean wait
)

// backoff returns the wait after the attempts-th failed attempt: doubled each
// time and spread evenly between half and one and a half of that, so that what
// failed together does not come back together.
func backoff(attempts int) time.Duration {
	mean := maxBackoff
	if shift := max(attempts-1, 0); shift < 20 {
		mean = min(firstBackoff<<shift, maxBackoff)
	}
	return mean/2 + rand.N(mean)
}

// nextAttempt returns when a delivery that has failed now is tried again, and
// false when it is given up. The last attempt is made when retryFor is over,
// even if the back-off or the destination asks for longer.
func nextAttempt(now, firstAt time.Time, attempts int, after time.Duration) (time.Time, bool) {
	last := firstAt.Add(retryFor)
	if !now.Before(last) {
		return time.Time{}, false
	}
	due := now.Add(max(backoff(attempts), after))
	if due.After(last) {
		due = last
	}
	return due, true
}
