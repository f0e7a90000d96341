package store

import (
	"context"
	"fmt"
	"time"
)

// upkeepEvery is how often Run looks for something to do.
const upkeepEvery = 15 * time.Minute

// Run does the upkeep until ctx ends: rolls counters up, drops what has
// expired, forgets the oldest dead letters, keeps the files small. It returns
// nil when ctx ends. A failing round is logged and tried again.
func (s *Store) Run(ctx context.Context) error {
	tidying, forgetting := time.NewTicker(upkeepEvery), time.NewTicker(forgetEvery)
	defer tidying.Stop()
	defer forgetting.Stop()
	s.keepUp(ctx, s.tidy)
	s.keepUp(ctx, s.forget)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tidying.C:
			s.keepUp(ctx, s.tidy)
		case <-forgetting.C:
			s.keepUp(ctx, s.forget)
		}
	}
}

func (s *Store) keepUp(ctx context.Context, round func(context.Context) error) {
	if err := round(ctx); err != nil && ctx.Err() == nil {
		s.log.Error("upkeep of the store failed", "error", err)
	}
}

// tidyRows is how many rows one transaction of the upkeep removes, so that it
// never keeps the others waiting for long.
const tidyRows = 5_000

// tidy does one round of upkeep in short transactions.
func (s *Store) tidy(ctx context.Context) error {
	now := s.now()
	minute := now.Unix() / 60
	if err := s.write(ctx, func(t *tx) error {
		_, err := t.exec(`DELETE FROM sessions WHERE expires_at <= ?`, now.UnixMilli())
		return err
	}, nil); err != nil {
		return fmt.Errorf("drop sessions: %w", err)
	}
	if err := s.rollUp(ctx, minute-keepHours); err != nil {
		return fmt.Errorf("roll counters up: %w", err)
	}
	if err := s.drop(ctx, "count_minutes", `c.at < ?`, minute-keepMinutes); err != nil {
		return fmt.Errorf("drop old counts: %w", err)
	}
	if err := s.dropOrphans(ctx); err != nil {
		return fmt.Errorf("drop the counts of deleted sources: %w", err)
	}
	// Statistics for the query planner; cheap when nothing has changed.
	if _, err := s.writer.ExecContext(ctx, `PRAGMA optimize`); err != nil {
		return fmt.Errorf("optimize: %w", err)
	}
	return nil
}

// rollUp moves the counts of hours before a minute to their days, a day at a
// time, each in one transaction, so that no count is ever seen twice or not at
// all.
func (s *Store) rollUp(ctx context.Context, before int64) error {
	before -= before % minutesPerDay
	for {
		var first int64
		err := s.reader.QueryRowContext(ctx, `SELECT COALESCE(MIN(at), ?) FROM count_hours`, before).Scan(&first)
		if err != nil {
			return s.explain(err)
		}
		day := first - first%minutesPerDay
		if day >= before {
			return nil
		}
		err = s.write(ctx, func(t *tx) error {
			_, err := t.exec(`INSERT INTO count_days (at, key_id, n)
				SELECT CAST(? AS BIGINT), key_id, SUM(n) FROM count_hours WHERE at >= ? AND at < ? GROUP BY key_id
				ON CONFLICT (at, key_id) DO UPDATE SET n = count_days.n + excluded.n`,
				day, day, day+minutesPerDay)
			if err != nil {
				return err
			}
			_, err = t.exec(`DELETE FROM count_hours WHERE at >= ? AND at < ?`, day, day+minutesPerDay)
			return err
		}, nil)
		if err != nil {
			return err
		}
	}
}

// orphansMark is the name in meta by which a deleted source asks the upkeep to
// remove its counts: they are found by reading all of them.
const orphansMark = "orphaned_counts"

func (s *Store) dropOrphans(ctx context.Context) error {
	mark, err := s.meta(ctx, orphansMark)
	if err != nil || mark == "" {
		return err
	}
	for _, table := range []string{"count_minutes", "count_hours", "count_days"} {
		if err := s.drop(ctx, table, `NOT EXISTS (SELECT 1 FROM count_keys k WHERE k.id = c.key_id)`); err != nil {
			return err
		}
	}
	return s.write(ctx, func(t *tx) error {
		// Not if another source was deleted meanwhile.
		_, err := t.exec(`DELETE FROM meta WHERE name = ? AND value = ?`, orphansMark, mark)
		return err
	}, nil)
}

// drop removes rows of a count table, some at a time.
func (s *Store) drop(ctx context.Context, table, which string, args ...any) error {
	for {
		var n int64
		err := s.write(ctx, func(t *tx) (err error) {
			n, err = t.exec(`DELETE FROM `+table+` WHERE (at, key_id) IN (SELECT c.at, c.key_id FROM `+table+` c WHERE `+which+` LIMIT ?)`,
				append(args[:len(args):len(args)], tidyRows)...)
			return err
		}, nil)
		if err != nil || n < tidyRows {
			return err
		}
	}
}
