package store

import (
	"fmt"

	"github.com/secantdev/secant"
)

// maxCountKeys bounds the numbers of count_keys that are kept in memory. Beyond
// it they are looked up again.
const maxCountKeys = 20_000

const (
	minutesPerHour = 60
	minutesPerDay  = 24 * 60
)

// addCounts adds counts to their minutes and hours.
func (s *Store) addCounts(t *tx, counts []secant.Count) error {
	if len(counts) == 0 {
		return nil
	}
	if err := s.learnCountKeys(t, counts); err != nil {
		return err
	}
	type cell struct{ at, key int64 }
	minutes, hours := map[cell]int64{}, map[cell]int64{}
	for _, c := range counts {
		key := s.countKeys[countKey(c)]
		minutes[cell{c.Minute, key}] += c.N
		hours[cell{c.Minute - c.Minute%minutesPerHour, key}] += c.N
	}
	for table, cells := range map[string]map[cell]int64{"count_minutes": minutes, "count_hours": hours} {
		rows := make([][]any, 0, len(cells))
		for c, n := range cells {
			rows = append(rows, []any{c.at, c.key, n})
		}
		err := t.insert(`INSERT INTO `+table+` (at, key_id, n)`,
			`ON CONFLICT (at, key_id) DO UPDATE SET n = `+table+`.n + excluded.n`, rows)
		if err != nil {
			return err
		}
	}
	return nil
}

// countKey is what makes two counts different apart from time.
func countKey(c secant.Count) secant.Count {
	c.Minute, c.N = 0, 0
	return c
}

// learnCountKeys finds, or makes, the number of every key in counts. The
// numbers are forgotten when the transaction fails: see write.
func (s *Store) learnCountKeys(t *tx, counts []secant.Count) error {
	if len(s.countKeys) > maxCountKeys {
		clear(s.countKeys)
	}
	for _, c := range counts {
		key := countKey(c)
		if _, known := s.countKeys[key]; known {
			continue
		}
		args := []any{key.Source, key.Destination, key.Type.String(), key.Name, string(key.Reason), string(key.Outcome)}
		_, err := t.exec(`INSERT INTO count_keys (id, source, destination, type, name, reason, outcome) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (source, destination, type, name, reason, outcome) DO NOTHING`,
			append([]any{t.nextID(s)}, args...)...)
		if err != nil {
			return err
		}
		var id int64
		err = t.row(`SELECT id FROM count_keys WHERE source = ? AND destination = ? AND type = ? AND name = ? AND reason = ? AND outcome = ?`,
			args...).Scan(&id)
		if err != nil {
			return fmt.Errorf("read count key: %w", err)
		}
		s.countKeys[key] = id
	}
	return nil
}

// forgetCaches drops what the writer remembers about rows, after a transaction
// that may have taken them back or removed them.
func (s *Store) forgetCaches() {
	clear(s.countKeys)
	clear(s.debugged)
}
