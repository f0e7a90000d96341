package secant

import "time"

// Destination is a configured place that the events of one source are sent to.
// What its settings mean is said by the definition with slug Type (package
// destination).
type Destination struct {
	ID        string
	Name      string
	Source    string         // id of the source whose events it receives
	Type      string         // slug of its definition: "webhook"
	Enabled   bool           // when false, its cursor stands still at the newest event: nothing is sent, nothing piles up
	Settings  map[string]any // decoded JSON; secrets in the clear only inside the process
	FromFile  bool
	Version   int64
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Validate checks everything but the settings, which only the definition knows.
func (d *Destination) Validate() error {
	if err := ValidateID("id", d.ID); err != nil {
		return err
	}
	if err := validateName(d.Name); err != nil {
		return err
	}
	if err := ValidateID("source", d.Source); err != nil {
		return err
	}
	return ValidateID("type", d.Type)
}
