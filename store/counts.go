package store

import (
	"context"
	"time"
)

// Resolution is how long the time in one row of counts is.
type Resolution string

// Resolutions. Minutes are kept for two days, hours for 35 days, days for good.
const (
	ByMinute Resolution = "minute"
	ByHour   Resolution = "hour"
	ByDay    Resolution = "day"   // UTC days
	InTotal  Resolution = "total" // one row for the whole time; At is zero
)

// CountQuery says which counts to add up. Empty strings match everything.
type CountQuery struct {
	From, To time.Time // From inclusive, To exclusive; zero: open
	By       Resolution
	// Group keeps apart what differs in these columns: "source", "type",
	// "name", "destination", "reason", "outcome". Columns not named are empty
	// in the answer.
	Group       []string
	Source      string
	Destination string
	// Collected keeps to the verdicts on collected events, which have no
	// destination; Delivered to those of deliveries. Neither: both.
	Collected, Delivered bool
	Type, Name           string
	Reason, Outcome      string
}

// CountRow is how often something happened.
type CountRow struct {
	At          time.Time
	Source      string
	Type        string
	Name        string
	Destination string
	Reason      string
	Outcome     string
	N           int64
}

// Counts adds up counters, ordered by time, then by the most frequent. At most
// 10,000 rows are returned.
func (s *Store) Counts(ctx context.Context, q CountQuery) ([]CountRow, error) { panic("unwritten") }

// Activity is how alive a source is.
type Activity struct {
	LastEventAt time.Time // zero: never; exact while the debugger holds the event, else to the minute
	Events24h   int64     // collected in the last 24 hours, whatever became of them
}

// Activity returns the activity of every source that ever received an event.
func (s *Store) Activity(ctx context.Context) (map[string]Activity, error) { panic("unwritten") }
