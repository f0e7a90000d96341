package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/deliver"
)

var _ deliver.Store = (*Store)(nil)

// LoadCursors returns the cursors of all destinations, by destination id and
// partition.
func (s *Store) LoadCursors(ctx context.Context) (map[string]map[int]deliver.Cursor, error) {
	type row struct {
		destination string
		part        int
		seq         int64
		index       int
	}
	rows, err := queryAll(ctx, s, func(scan scanner, r *row) error {
		return scan(&r.destination, &r.part, &r.seq, &r.index)
	}, `SELECT destination, part, seq, idx FROM cursors`)
	all := map[string]map[int]deliver.Cursor{}
	for _, r := range rows {
		if all[r.destination] == nil {
			all[r.destination] = map[int]deliver.Cursor{}
		}
		all[r.destination][r.part] = deliver.Cursor{Seq: uint64(r.seq), Index: r.index}
	}
	return all, err
}

// Checkpoint applies all of c in one durable transaction. Of a destination that
// was deleted meanwhile only the counts are kept.
func (s *Store) Checkpoint(ctx context.Context, c deliver.Checkpoint) error {
	return s.write(ctx, func(t *tx) error {
		if err := s.addCounts(t, c.Counts); err != nil {
			return err
		}
		if s.Workspace().Destinations[c.Destination] == nil {
			return nil
		}
		if err := saveCursors(t, c); err != nil {
			return err
		}
		if err := unpark(t, c.Destination, c.Unpark); err != nil {
			return err
		}
		if err := park(t, c.Park); err != nil {
			return err
		}
		return bury(t, c.Dead)
	}, nil)
}

func saveCursors(t *tx, c deliver.Checkpoint) error {
	if c.DropCursors {
		if _, err := t.exec(`DELETE FROM cursors WHERE destination = ?`, c.Destination); err != nil {
			return err
		}
	}
	rows := make([][]any, 0, len(c.Cursors))
	for part, cur := range c.Cursors {
		rows = append(rows, []any{c.Destination, part, int64(cur.Seq), cur.Index})
	}
	return t.insert(`INSERT INTO cursors (destination, part, seq, idx)`,
		`ON CONFLICT (destination, part) DO UPDATE SET seq = excluded.seq, idx = excluded.idx`, rows)
}

// unpark removes settled deliveries, before new ones are parked: a delivery in
// both lists is parked again.
func unpark(t *tx, destination string, ids []string) error {
	for len(ids) > 0 {
		n := min(len(ids), maxParams-1)
		if _, err := t.exec(`DELETE FROM parked WHERE destination = ? AND id IN `+inList(n), withIDs(destination, ids[:n])...); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

func withIDs(destination string, ids []string) []any {
	args := make([]any, 0, 1+len(ids))
	args = append(args, destination)
	for _, id := range ids {
		args = append(args, id)
	}
	return args
}

// deliveryColumns are what parked deliveries and dead letters have in common.
const deliveryColumns = `destination, id, source, type, name, message_id, lane, part, seq, idx, received_at, json, attempts, first_at, reason, error, exchange`

func deliveryValues(p *deliver.Parked) ([]any, error) {
	exchange := ""
	if p.Exchange != nil {
		raw, err := json.Marshal(p.Exchange)
		if err != nil {
			return nil, fmt.Errorf("encode exchange: %w", err)
		}
		exchange = string(raw)
	}
	body := p.JSON
	if body == nil {
		body = []byte{}
	}
	return []any{p.Destination, p.ID, p.Source, p.Type.String(), p.Name, p.MessageID, int64(p.Lane),
		p.Position.Partition, int64(p.Position.Seq), p.Position.Index, p.ReceivedAt, body,
		p.Attempts, millis(p.FirstAt), string(p.Reason), p.Error, exchange}, nil
}

// readDelivery reads deliveryColumns and one more time column.
func readDelivery(scan scanner, p *deliver.Parked, at *time.Time) error {
	var typ, exchange string
	var lane, seq, first, last int64
	err := scan(&p.Destination, &p.ID, &p.Source, &typ, &p.Name, &p.MessageID, &lane,
		&p.Position.Partition, &seq, &p.Position.Index, &p.ReceivedAt, &p.JSON,
		&p.Attempts, &first, &p.Reason, &p.Error, &exchange, &last)
	if err != nil {
		return err
	}
	p.Type, p.Lane, p.Position.Seq = secant.ParseEventType(typ), uint32(lane), uint64(seq)
	p.FirstAt, *at = fromMillis(first), fromMillis(last)
	if exchange != "" {
		if err := json.Unmarshal([]byte(exchange), &p.Exchange); err != nil {
			return fmt.Errorf("decode exchange: %w", err)
		}
	}
	return nil
}

const replaceDelivery = `source = excluded.source, type = excluded.type, name = excluded.name, message_id = excluded.message_id,
	lane = excluded.lane, part = excluded.part, seq = excluded.seq, idx = excluded.idx, received_at = excluded.received_at,
	json = excluded.json, attempts = excluded.attempts, first_at = excluded.first_at, reason = excluded.reason,
	error = excluded.error, exchange = excluded.exchange`

func park(t *tx, all []deliver.Parked) error {
	rows := make([][]any, 0, len(all))
	for i := range all {
		values, err := deliveryValues(&all[i])
		if err != nil {
			return err
		}
		rows = append(rows, append(values, millis(all[i].DueAt)))
	}
	return t.insert(`INSERT INTO parked (`+deliveryColumns+`, due_at)`,
		`ON CONFLICT (destination, id) DO UPDATE SET `+replaceDelivery+`, due_at = excluded.due_at`, rows)
}

func bury(t *tx, all []deliver.DeadLetter) error {
	rows := make([][]any, 0, len(all))
	for i := range all {
		values, err := deliveryValues(&all[i].Parked)
		if err != nil {
			return err
		}
		rows = append(rows, append(values, millis(all[i].FailedAt)))
	}
	return t.insert(`INSERT INTO dead_letters (`+deliveryColumns+`, failed_at)`,
		`ON CONFLICT (destination, id) DO UPDATE SET `+replaceDelivery+`, failed_at = excluded.failed_at`, rows)
}

// DueParked returns up to limit deliveries of a destination that are due at
// now, those due first first (ties by Position).
func (s *Store) DueParked(ctx context.Context, destination string, now time.Time, limit int) ([]deliver.Parked, error) {
	return queryAll(ctx, s, func(scan scanner, p *deliver.Parked) error {
		return readDelivery(scan, p, &p.DueAt)
	}, `SELECT `+deliveryColumns+`, due_at FROM parked WHERE destination = ? AND due_at <= ?
		ORDER BY due_at, part, seq, idx LIMIT ?`, destination, millis(now), limit)
}

// CountParked returns how many deliveries of a destination are parked and when
// the first is due (zero when none is).
func (s *Store) CountParked(ctx context.Context, destination string) (n int, firstDue time.Time, err error) {
	var due int64
	err = s.reader.QueryRowContext(ctx, `SELECT COUNT(*), COALESCE(MIN(due_at), 0) FROM parked WHERE destination = ?`, destination).Scan(&n, &due)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, time.Time{}, fmt.Errorf("count parked deliveries: %w", s.explain(err))
	}
	return n, fromMillis(due), nil
}

// ResendDead moves dead letters of a destination back to the parked deliveries
// in one transaction: due at now, Attempts 0, FirstAt zero. No ids means all.
// It returns how many there were; an id that is no dead letter of the
// destination is passed over.
func (s *Store) ResendDead(ctx context.Context, destination string, ids []string, now time.Time) (int, error) {
	total := 0
	err := s.write(ctx, func(t *tx) error {
		return eachIDs(ids, func(part []string) error {
			which, args := `destination = ?`, withIDs(destination, part)
			if len(part) > 0 {
				which += ` AND id IN ` + inList(len(part))
			}
			_, err := t.exec(`INSERT INTO parked (`+deliveryColumns+`, due_at)
				SELECT destination, id, source, type, name, message_id, lane, part, seq, idx, received_at, json, 0, 0, reason, error, exchange,
				CAST(? AS BIGINT) FROM dead_letters WHERE `+which+`
				ON CONFLICT (destination, id) DO UPDATE SET attempts = 0, first_at = 0, due_at = excluded.due_at`,
				append([]any{millis(now)}, args...)...)
			if err != nil {
				return err
			}
			n, err := t.exec(`DELETE FROM dead_letters WHERE `+which, args...)
			total += int(n)
			return err
		})
	}, nil)
	if err != nil {
		return 0, err
	}
	return total, nil
}

// eachIDs calls fn with parts of ids that fit into one statement; without ids,
// once with none.
func eachIDs(ids []string, fn func([]string) error) error {
	for {
		n := min(len(ids), maxParams-2)
		if err := fn(ids[:n]); err != nil {
			return err
		}
		if ids = ids[n:]; len(ids) == 0 {
			return nil
		}
	}
}

// ForgetDestination deletes the cursors, parked deliveries and dead letters of
// a destination. Its counts stay.
func (s *Store) ForgetDestination(ctx context.Context, destination string) error {
	return s.write(ctx, func(t *tx) error { return t.forgetDeliveries(destination) }, nil)
}

func (t *tx) forgetDeliveries(destination string) error {
	return t.execAll([]string{
		`DELETE FROM cursors WHERE destination = ?`,
		`DELETE FROM parked WHERE destination = ?`,
		`DELETE FROM dead_letters WHERE destination = ?`,
	}, destination)
}
