package store

import (
	"context"
	"fmt"
	"time"
)

// What Options.DeadLetterAge and Options.DeadLetters are when they are zero.
const (
	defaultDeadLetterAge = 30 * 24 * time.Hour
	defaultDeadLetters   = 100_000
)

// forgetEvery is how often Run looks for dead letters to forget. A destination
// that refuses everything makes thousands a second, so this bounds how far they
// can be beyond their number.
const forgetEvery = time.Minute

// forgetRows is how many dead letters one transaction forgets: they hold their
// event and the last exchange, so each may be large.
const forgetRows = 500

// ForgottenDeadLetters returns how many dead letters of each destination the
// upkeep has forgotten since the store was opened.
func (s *Store) ForgottenDeadLetters() map[string]int64 {
	s.forgottenMu.Lock()
	defer s.forgottenMu.Unlock()
	all := make(map[string]int64, len(s.forgotten))
	for id, n := range s.forgotten {
		all[id] = n
	}
	return all
}

// forget drops the oldest dead letters of each destination: those beyond the
// age, then those beyond the number. The counts of what failed stay.
func (s *Store) forget(ctx context.Context) error {
	all, err := s.CountDeadLetters(ctx)
	if err != nil {
		return err
	}
	for id := range all {
		if err := s.forgetOf(ctx, id); err != nil {
			return fmt.Errorf("forget dead letters of %s: %w", id, err)
		}
	}
	return nil
}

func (s *Store) forgetOf(ctx context.Context, destination string) error {
	tooOld, err := s.forgetOldest(ctx, destination, `failed_at < ?`, millis(s.now().Add(-s.deadLetterAge)))
	var tooMany int64
	if err == nil {
		// Below the newest ones that may stay; nothing when there is no such row.
		tooMany, err = s.forgetOldest(ctx, destination, `(failed_at, id) <= (
			SELECT failed_at, id FROM dead_letters WHERE destination = ? ORDER BY failed_at DESC, id DESC LIMIT 1 OFFSET ?)`,
			destination, s.deadLetters)
	}
	// Said even when a later part failed: those are gone.
	if n := tooOld + tooMany; n > 0 {
		s.forgottenMu.Lock()
		s.forgotten[destination] += n
		s.forgottenMu.Unlock()
		s.log.Warn("dead letters were forgotten", "destination", destination, "too_old", tooOld, "too_many", tooMany,
			"max_age", s.deadLetterAge, "max_number", s.deadLetters)
	}
	return err
}

// forgetOldest deletes the dead letters of a destination that match which, the
// oldest first and some at a time, and returns how many there were.
func (s *Store) forgetOldest(ctx context.Context, destination, which string, args ...any) (total int64, err error) {
	args = append(append([]any{destination, destination}, args...), forgetRows)
	for {
		var n int64
		err := s.write(ctx, func(t *tx) (err error) {
			n, err = t.exec(`DELETE FROM dead_letters WHERE destination = ? AND id IN (
				SELECT id FROM dead_letters WHERE destination = ? AND `+which+`
				ORDER BY failed_at, id LIMIT ?)`, args...)
			return err
		}, nil)
		if err != nil {
			return total, err
		}
		total += n
		if n < forgetRows {
			return total, nil
		}
	}
}
