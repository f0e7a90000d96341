package collect

import (
	"math"
	"sync"
	"time"
)

// rates holds one token bucket for each write key of a source with a rate
// limit: as many requests a second as the limit, and as many at once. Only keys
// that are configured get one, so their number is bounded.
type rates struct {
	mu      sync.Mutex
	buckets map[string]*bucket
}

type bucket struct {
	tokens float64
	filled time.Time
}

// take takes a token for key, and returns 0, or in how many whole seconds there
// will be one.
func (r *rates) take(key string, perSecond int, now time.Time) (wait int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.buckets[key]
	if b == nil {
		if r.buckets == nil {
			r.buckets = make(map[string]*bucket)
		}
		b = &bucket{tokens: float64(perSecond), filled: now}
		r.buckets[key] = b
	}
	if passed := now.Sub(b.filled).Seconds(); passed > 0 {
		b.tokens += passed * float64(perSecond)
		b.filled = now
	}
	b.tokens = min(b.tokens, float64(perSecond))
	if b.tokens < 1 {
		return max(1, int(math.Ceil((1-b.tokens)/float64(perSecond))))
	}
	b.tokens--
	return 0
}
