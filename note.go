package secant

// Note is something a person should know about an event although it goes on:
// what was unusual about it, or what was done to it. The debugger shows it.
type Note uint8

// Notes. An event has one at most, the one that matters more.
const (
	NoteNone       Note = iota
	NoteLargeBatch      // it came in a batch of more than 2,500 events
	NoteShortened       // it had more than 10,000 properties; the rest was left out
)

var noteNames = [...]string{"", "large_batch", "shortened"}

var noteTexts = [...]string{"",
	"It came in a batch of more than 2,500 events. Segment would have dropped them all; here all were collected.",
	"It had more than 10,000 properties. The first 10,000 were kept.",
}

// String returns the name that stands in the API, "" for NoteNone.
func (n Note) String() string {
	if int(n) < len(noteNames) {
		return noteNames[n]
	}
	return ""
}

// Explain returns a sentence for a person.
func (n Note) Explain() string {
	if int(n) < len(noteTexts) {
		return noteTexts[n]
	}
	return ""
}

// ParseNote returns the note with this name, or NoteNone.
func ParseNote(s string) Note {
	for i, name := range noteNames {
		if name == s {
			return Note(i)
		}
	}
	return NoteNone
}
