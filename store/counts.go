package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/secantdev/secant"
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

// How long counts are kept apart.
const (
	keepMinutes = 2 * minutesPerDay
	keepHours   = 35 * minutesPerDay
)

// maxCountRows bounds an answer.
const maxCountRows = 10_000

// CountQuery says which counts to add up. Empty strings match everything.
type CountQuery struct {
	// From inclusive, To exclusive; zero: open. From is taken back to the
	// start of its minute, hour or day.
	From, To time.Time
	By       Resolution // empty: InTotal
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

var countColumns = []string{"source", "type", "name", "destination", "reason", "outcome"}

// Counts adds up counters, ordered by time, then by the most frequent. At most
// 10,000 rows are returned.
func (s *Store) Counts(ctx context.Context, q CountQuery) ([]CountRow, error) {
	from, step, err := s.countTable(q)
	if err != nil {
		return nil, err
	}
	var where conditions
	if !q.From.IsZero() {
		at := q.From.Unix() / 60
		where.add("c.at >= ?", at-at%step)
	}
	if !q.To.IsZero() {
		where.add("c.at < ?", (q.To.Unix()+59)/60)
	}
	for _, c := range []struct{ column, value string }{
		{"source", q.Source}, {"type", q.Type}, {"name", q.Name},
		{"destination", q.Destination}, {"reason", q.Reason}, {"outcome", q.Outcome},
	} {
		where.equal("k."+c.column, c.value)
	}
	if q.Collected && !q.Delivered {
		where.add("k.destination = ''")
	} else if q.Delivered && !q.Collected {
		where.add("k.destination <> ''")
	}
	at := "0"
	if q.By != InTotal && q.By != "" {
		at = fmt.Sprintf("c.at - c.at %% %d", step)
	}
	columns := make([]string, len(countColumns))
	for i, name := range countColumns {
		columns[i] = "''"
		if slices.Contains(q.Group, name) {
			columns[i] = "k." + name
		}
	}
	cols := strings.Join(columns, ", ")
	group := at
	for _, name := range q.Group {
		group += ", k." + name
	}
	having := ""
	if at == "0" {
		// One row for the whole time, but none when there is nothing: without
		// GROUP BY a sum always has a row.
		group = strings.TrimPrefix(strings.TrimPrefix(group, "0"), ", ")
		having = " HAVING COUNT(*) > 0"
	}
	if group != "" {
		group = " GROUP BY " + group
	}
	return queryAll(ctx, s, readCountRow, `SELECT `+at+` AS bucket, `+cols+`, CAST(SUM(c.n) AS BIGINT) AS total FROM `+from+
		` c JOIN count_keys k ON k.id = c.key_id`+where.sql()+group+having+
		` ORDER BY bucket, total DESC LIMIT ?`, append(where.args, maxCountRows)...)
}

func readCountRow(scan scanner, r *CountRow) error {
	var at int64
	err := scan(&at, &r.Source, &r.Type, &r.Name, &r.Destination, &r.Reason, &r.Outcome, &r.N)
	if at != 0 {
		r.At = time.Unix(at*60, 0).UTC()
	}
	return err
}

// countTable picks the table that answers q, and the minutes in one of its
// rows' buckets.
func (s *Store) countTable(q CountQuery) (table string, step int64, err error) {
	for _, g := range q.Group {
		if !slices.Contains(countColumns, g) {
			return "", 0, secant.Invalid("group", g, "must be one of "+strings.Join(countColumns, ", "))
		}
	}
	// Every count is in the minutes for two days, in the hours until it is old,
	// and then in the days: hours and days together hold everything once.
	const long = `(SELECT at, key_id, n FROM count_hours UNION ALL SELECT at, key_id, n FROM count_days)`
	switch q.By {
	case ByMinute:
		return "count_minutes", 1, nil
	case ByHour:
		return "count_hours", minutesPerHour, nil
	case ByDay:
		return long, minutesPerDay, nil
	case InTotal, "":
		if !q.From.IsZero() && s.now().Sub(q.From) < (keepMinutes-minutesPerHour)*time.Minute {
			return "count_minutes", 1, nil
		}
		return long, minutesPerHour, nil
	}
	return "", 0, secant.Invalid("by", string(q.By), "must be minute, hour, day or total")
}

// Activity is how alive a source is.
type Activity struct {
	LastEventAt time.Time // zero: never; at high rates some seconds old
	Events24h   int64     // collected in the last 24 hours, whatever became of them
}

// Activity returns the activity of every source that ever received an event.
func (s *Store) Activity(ctx context.Context) (map[string]Activity, error) {
	type row struct {
		source string
		n      int64
	}
	read := func(scan scanner, r *row) error { return scan(&r.source, &r.n) }
	last, err := queryAll(ctx, s, read, `SELECT source, last_event_at FROM source_activity`)
	if err != nil {
		return nil, err
	}
	args := []any{s.now().Add(-24*time.Hour).Unix() / 60}
	for _, o := range collectedOutcomes {
		args = append(args, string(o))
	}
	counts, err := queryAll(ctx, s, read, `SELECT k.source, CAST(SUM(c.n) AS BIGINT) FROM count_minutes c JOIN count_keys k ON k.id = c.key_id
		WHERE c.at > ? AND k.destination = '' AND k.outcome IN `+inList(len(collectedOutcomes))+` GROUP BY k.source`, args...)
	if err != nil {
		return nil, err
	}
	all := make(map[string]Activity, len(last))
	for _, r := range last {
		all[r.source] = Activity{LastEventAt: fromMillis(r.n)}
	}
	for _, r := range counts {
		if r.source != "" {
			a := all[r.source]
			a.Events24h = r.n
			all[r.source] = a
		}
	}
	return all, nil
}
