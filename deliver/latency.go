package deliver

import (
	"math"
	"time"
)

// Shape of the latency histogram.
const (
	latencyBuckets = 64 // each a quarter wider than the one before, from 1 ms to 20 min
	latencyGrowth  = 1.25
	latencyMinutes = 5 // kept
)

// latency is a histogram of the last minutes. The runner's lock guards it.
type latency struct {
	minute [latencyMinutes]int64
	counts [latencyMinutes][latencyBuckets]uint32
}

// add records d at now. A clock that went back counts as no delay.
func (l *latency) add(now time.Time, d time.Duration) {
	m := now.Unix() / 60
	slot := m % latencyMinutes
	if l.minute[slot] != m {
		l.minute[slot] = m
		l.counts[slot] = [latencyBuckets]uint32{}
	}
	bucket := 0
	if ms := float64(d) / float64(time.Millisecond); ms > 1 {
		bucket = min(int(math.Log(ms)/math.Log(latencyGrowth))+1, latencyBuckets-1)
	}
	l.counts[slot][bucket]++
}

// quantile returns the upper bound of the bucket that holds the q-th part of
// the deliveries of the last minutes, 0 when there were none.
func (l *latency) quantile(now time.Time, q float64) time.Duration {
	var sum [latencyBuckets]uint64
	var total uint64
	m := now.Unix() / 60
	for slot := range l.minute {
		if m-l.minute[slot] >= latencyMinutes {
			continue
		}
		for i, n := range l.counts[slot] {
			sum[i] += uint64(n)
			total += uint64(n)
		}
	}
	if total == 0 {
		return 0
	}
	need := max(uint64(math.Ceil(q*float64(total))), 1)
	for i, n := range sum {
		if n >= need {
			return time.Duration(math.Pow(latencyGrowth, float64(i)) * float64(time.Millisecond))
		}
		need -= n
	}
	return 0
}
