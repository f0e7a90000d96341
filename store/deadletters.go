package store

import (
	"context"
	"strconv"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/deliver"
)

// ListDeadLetters returns the dead letters of a destination, the newest first.
func (s *Store) ListDeadLetters(ctx context.Context, destination string, p Page) (List[deliver.DeadLetter], error) {
	var where conditions
	where.add("destination = ?", destination)
	total, err := s.count(ctx, "dead_letters", where)
	if err != nil {
		return List[deliver.DeadLetter]{}, err
	}
	at, parts, ok, err := p.afterNumber(2)
	if err != nil {
		return List[deliver.DeadLetter]{}, err
	}
	if ok {
		where.add(`(failed_at < ? OR (failed_at = ? AND id < ?))`, at, at, parts[1])
	}
	all, err := queryAll(ctx, s, readDeadLetter, `SELECT `+deliveryColumns+`, failed_at FROM dead_letters`+where.sql()+
		` ORDER BY failed_at DESC, id DESC LIMIT ?`, append(where.args, p.limit()+1)...)
	if err != nil {
		return List[deliver.DeadLetter]{}, err
	}
	return cut(all, p, total, func(d deliver.DeadLetter) string {
		return cursor(strconv.FormatInt(millis(d.FailedAt), 10), d.ID)
	}), nil
}

// DeadLetter returns one dead letter of a destination, or ErrNotFound.
func (s *Store) DeadLetter(ctx context.Context, destination, id string) (deliver.DeadLetter, error) {
	return queryOne(ctx, s, notFound("dead letter", id), readDeadLetter,
		`SELECT `+deliveryColumns+`, failed_at FROM dead_letters WHERE destination = ? AND id = ?`, destination, id)
}

func readDeadLetter(scan scanner, d *deliver.DeadLetter) error {
	return readDelivery(scan, &d.Parked, &d.FailedAt)
}

// DeleteDeadLetters forgets dead letters of a destination for good, all of them
// when no ids are given, and returns how many there were.
func (s *Store) DeleteDeadLetters(ctx context.Context, by secant.Actor, destination string, ids []string) (int, error) {
	total := 0
	err := s.write(ctx, func(t *tx) error {
		err := eachIDs(ids, func(part []string) error {
			which := `destination = ?`
			if len(part) > 0 {
				which += ` AND id IN ` + inList(len(part))
			}
			n, err := t.exec(`DELETE FROM dead_letters WHERE `+which, withIDs(destination, part)...)
			total += int(n)
			return err
		})
		if err != nil || total == 0 {
			return err
		}
		return s.audit(t, by, "dead_letters.deleted", destination, map[string]any{"count": total})
	}, nil)
	if err != nil {
		return 0, err
	}
	return total, nil
}

// CountDeadLetters returns how many dead letters each destination has that has
// any.
func (s *Store) CountDeadLetters(ctx context.Context) (map[string]int, error) {
	return s.countByDestination(ctx, "dead_letters")
}

// CountAllParked returns how many parked deliveries each destination has that
// has any.
func (s *Store) CountAllParked(ctx context.Context) (map[string]int, error) {
	return s.countByDestination(ctx, "parked")
}

func (s *Store) countByDestination(ctx context.Context, table string) (map[string]int, error) {
	type row struct {
		destination string
		n           int
	}
	rows, err := queryAll(ctx, s, func(scan scanner, r *row) error {
		return scan(&r.destination, &r.n)
	}, `SELECT destination, COUNT(*) FROM `+table+` GROUP BY destination`)
	all := make(map[string]int, len(rows))
	for _, r := range rows {
		all[r.destination] = r.n
	}
	return all, err
}
