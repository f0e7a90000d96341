package store

import (
	"context"
	"slices"
	"time"

	"github.com/secantdev/secant"
	"github.com/secantdev/secant/live"
)

// debuggerSlack is how many events more than live.Kept a source may have
// before the oldest are removed: doing it less often is cheaper.
const debuggerSlack = 100

var _ live.Store = (*Store)(nil)

// SaveObserved saves what the hub observed in one transaction: counts, events
// for the debugger, and up to where in the log they go.
func (s *Store) SaveObserved(ctx context.Context, o live.Observed) error {
	return s.write(ctx, func(t *tx) error {
		if err := s.addCounts(t, o.Counts); err != nil {
			return err
		}
		if err := s.addEvents(t, o.Events); err != nil {
			return err
		}
		if err := addActivity(t, o); err != nil {
			return err
		}
		rows := make([][]any, 0, len(o.Positions))
		for part, seq := range o.Positions {
			rows = append(rows, []any{part, int64(seq)})
		}
		return t.insert(`INSERT INTO observed (part, seq)`, `ON CONFLICT (part) DO UPDATE SET seq = excluded.seq`, rows)
	}, nil)
}

func (s *Store) addEvents(t *tx, events []live.Event) error {
	rows := make([][]any, 0, len(events))
	ofSource := map[string]int{}
	for i := range events {
		e := &events[i]
		rows = append(rows, []any{e.ID, e.Source, e.ReceivedAt, e.Position.Partition, int64(e.Position.Seq), e.Position.Index,
			e.Type.String(), e.Name, e.MessageID, e.UserID, e.AnonymousID, string(e.Reason), e.Note.String(), []byte(e.JSON)})
		ofSource[e.Source]++
	}
	err := t.insert(`INSERT INTO debugger_events (id, source, received_at, part, seq, idx, type, name, message_id, user_id, anonymous_id, reason, note, json)`,
		`ON CONFLICT (id) DO NOTHING`, rows)
	if err != nil {
		return err
	}
	for source, n := range ofSource {
		if err := s.trimEvents(t, source, n); err != nil {
			return err
		}
	}
	return nil
}

// trimEvents removes the oldest events of a source when it may have clearly
// too many. Readers never see more than live.Kept.
func (s *Store) trimEvents(t *tx, source string, added int) error {
	have, known := s.debugged[source]
	if known {
		have += added
	} else if err := t.row(`SELECT COUNT(*) FROM debugger_events WHERE source = ?`, source).Scan(&have); err != nil {
		return err
	}
	if have > live.Kept+debuggerSlack {
		_, err := t.exec(`DELETE FROM debugger_events WHERE source = ? AND id <= (
			SELECT id FROM debugger_events WHERE source = ? ORDER BY id DESC LIMIT 1 OFFSET ?)`, source, source, live.Kept)
		if err != nil {
			return err
		}
		have = live.Kept
	}
	s.debugged[source] = have
	return nil
}

// addActivity notes when each source was heard of last.
func addActivity(t *tx, o live.Observed) error {
	last := map[string]int64{}
	for _, c := range o.Counts {
		if collected(c) {
			last[c.Source] = max(last[c.Source], c.Minute*time.Minute.Milliseconds())
		}
	}
	for i := range o.Events {
		last[o.Events[i].Source] = max(last[o.Events[i].Source], o.Events[i].ReceivedAt)
	}
	rows := make([][]any, 0, len(last))
	for source, at := range last {
		rows = append(rows, []any{source, at})
	}
	return t.insert(`INSERT INTO source_activity (source, last_event_at)`, `ON CONFLICT (source) DO UPDATE SET last_event_at =
		CASE WHEN excluded.last_event_at > source_activity.last_event_at THEN excluded.last_event_at ELSE source_activity.last_event_at END`, rows)
}

// collected reports whether c counts events that were kept for a source.
func collected(c secant.Count) bool {
	return c.Source != "" && slices.Contains(collectedOutcomes, c.Outcome)
}

var collectedOutcomes = []secant.Outcome{secant.OutcomeAccepted, secant.OutcomeBlocked}

// LoadObserved returns the saved positions by partition; empty at first.
func (s *Store) LoadObserved(ctx context.Context) (map[int]uint64, error) {
	type position struct {
		part int
		seq  int64
	}
	all, err := queryAll(ctx, s, func(scan scanner, p *position) error {
		return scan(&p.part, &p.seq)
	}, `SELECT part, seq FROM observed`)
	positions := make(map[int]uint64, len(all))
	for _, p := range all {
		positions[p.part] = uint64(p.seq)
	}
	return positions, err
}

// LoadEvents returns up to limit saved events of a source, or of all sources
// when it is empty, those with the greatest ID first.
func (s *Store) LoadEvents(ctx context.Context, source string, limit int) ([]live.Event, error) {
	var where conditions
	where.equal("source", source)
	if source != "" {
		limit = min(limit, live.Kept)
	}
	return queryAll(ctx, s, func(scan scanner, e *live.Event) error {
		var typ, note string
		var seq int64
		err := scan(&e.ID, &e.Source, &e.ReceivedAt, &e.Position.Partition, &seq, &e.Position.Index,
			&typ, &e.Name, &e.MessageID, &e.UserID, &e.AnonymousID, &e.Reason, &note, (*[]byte)(&e.JSON))
		e.Type, e.Note, e.Position.Seq = secant.ParseEventType(typ), secant.ParseNote(note), uint64(seq)
		return err
	}, `SELECT id, source, received_at, part, seq, idx, type, name, message_id, user_id, anonymous_id, reason, note, json
		FROM debugger_events`+where.sql()+` ORDER BY id DESC LIMIT ?`, append(where.args, limit)...)
}
