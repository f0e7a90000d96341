package secant

// Outcome is what became of the events a Count counts.
type Outcome string

// Outcomes at a source.
const (
	OutcomeAccepted Outcome = "accepted" // went on to the clean log
	OutcomeBlocked  Outcome = "blocked"  // collected and kept, but stopped for the reason
	OutcomeRefused  Outcome = "refused"  // answered at the door, nothing was kept
)

// Outcomes at a destination.
const (
	OutcomeDelivered Outcome = "delivered" // the destination took the event
	OutcomeFiltered  Outcome = "filtered"  // not meant for the destination, for the reason
	OutcomeRetried   Outcome = "retried"   // an attempt failed for the reason and is made again
	OutcomeFailed    Outcome = "failed"    // given up for the reason: a dead letter
)

// Count is one row of the counters: N events of one minute that share
// everything else. Rows are added up, so the same key may appear many times.
type Count struct {
	Minute      int64     // minutes since 1970 (UTC): when the events were received, or a delivery ended
	Source      string    // id; empty when a write key belonged to no source
	Type        EventType // TypeUnknown when it could not be told or does not matter
	Name        string    // event (track) or page/screen name; OtherNames beyond a source's bound; may be empty
	Destination string    // id; empty for what happened at the source
	Reason      Reason    // why it did not go on; empty when it did
	Outcome     Outcome
	N           int64
}

// OtherNames stands in Count.Name for the names beyond the number that is
// counted apart.
const OtherNames = "(other)"
