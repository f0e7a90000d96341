package pipeline

import (
	"context"
	"time"
)

// roundTime is the least time from one round of a worker to its next while there
// is little to do in each. A round costs about the same whether it settles one
// event or fifty: a read, a batch of the dedupe index, a share of a sync of the
// clean log, which the collector's own syncs have to wait for. Nobody waits for
// an event's settling but the debugger and the destinations.
const roundTime = 25 * time.Millisecond

// rest waits until the next round is worth it. Rounds of all workers begin at
// the same moments, so that they share syncs. After a full round it is worth it
// at once.
func (w *worker) rest(ctx context.Context) error {
	bytes := 0
	for _, c := range w.chunks {
		bytes += c.Bytes()
	}
	if len(w.chunks) >= maxChunks || bytes >= maxBytes {
		return nil
	}
	now := time.Now()
	timer := time.NewTimer(now.Truncate(roundTime).Add(roundTime).Sub(now))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
