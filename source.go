package secant

import (
	"regexp"
	"strings"
	"time"
)

// Source is where events come from: a website, an app, a server.
type Source struct {
	ID        string     // stable slug, also the workspace file's id
	Name      string     // what people call it
	Type      SourceType // decides which fields the collector fills in
	WriteKeys []string   // public keys that SDKs send with their events, oldest first
	Enabled   bool       // when false, events are kept with ReasonSourceDisabled and go no further
	RateLimit int        // requests a second per write key, 0 for no limit
	FromFile  bool       // applied from a configuration file at start: read-only in the console
	Version   int64      // grows with each change, for optimistic concurrency
	CreatedAt time.Time
	UpdatedAt time.Time
}

// SourceType is the slug of a kind of source.
type SourceType string

// SourceKind describes a source type, for forms and for the collector.
type SourceKind struct {
	Type        SourceType
	Name        string // "Website (JavaScript)"
	Description string // one sentence for a newcomer
	Category    string // "Website", "Mobile", "Server"
	ClientSide  bool   // runs on the visitor's device: the server fills context.ip and context.userAgent
}

// SourceKinds lists the kinds of source, in the order pages show them.
func SourceKinds() []SourceKind { return sourceKinds }

var sourceKinds = []SourceKind{
	{"javascript", "Website (JavaScript)", "A website or web app, by a snippet or the analytics.js package.", "Website", true},
	{"pixel", "Pixel", "E-mails and pages without scripts, by an image address.", "Website", true},
	{"ios", "iOS (Swift)", "An iPhone, iPad, Mac or TV app.", "Mobile", true},
	{"android", "Android (Kotlin)", "An Android app.", "Mobile", true},
	{"react-native", "React Native", "A React Native app.", "Mobile", true},
	{"flutter", "Flutter", "A Flutter app.", "Mobile", true},
	{"unity", "Unity / .NET (C#)", "A game or desktop app in C#.", "Mobile", true},
	{"server", "Server (any language)", "A back end that sends events by any SDK or the HTTP API.", "Server", false},
	{"node", "Node.js", "A back end in JavaScript or TypeScript.", "Server", false},
	{"go", "Go", "A back end in Go.", "Server", false},
	{"python", "Python", "A back end in Python.", "Server", false},
	{"ruby", "Ruby", "A back end in Ruby.", "Server", false},
	{"php", "PHP", "A back end in PHP.", "Server", false},
	{"java", "Java", "A back end in Java or Kotlin.", "Server", false},
	{"dotnet", ".NET", "A back end in C#.", "Server", false},
	{"http", "HTTP API", "Anything that can make an HTTP request.", "Server", false},
}

// Kind returns the description of t, and false when there is no such type.
func (t SourceType) Kind() (SourceKind, bool) {
	for _, k := range sourceKinds {
		if k.Type == t {
			return k, true
		}
	}
	return SourceKind{}, false
}

var slugPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

// ValidateID reports whether id can be the stable id of a resource; field names
// it in the error.
func ValidateID(field, id string) error {
	if !slugPattern.MatchString(id) {
		return Invalid(field, id, "must be 1 to 63 lower-case letters, digits, - or _, starting with a letter or digit")
	}
	return nil
}

var writeKeyPattern = regexp.MustCompile(`^[A-Za-z0-9_.~-]{1,128}$`)

// ValidateWriteKey reports whether key can be a write key. The characters need
// no escaping in an address or a script.
func ValidateWriteKey(field, key string) error {
	if !writeKeyPattern.MatchString(key) {
		return Invalid(field, key, "must be 1 to 128 letters, digits, _ . ~ or -")
	}
	return nil
}

// Validate returns the first thing wrong with s as a FieldError.
func (s *Source) Validate() error {
	if err := ValidateID("id", s.ID); err != nil {
		return err
	}
	if err := validateName(s.Name); err != nil {
		return err
	}
	if _, ok := s.Type.Kind(); !ok {
		names := make([]string, len(sourceKinds))
		for i, k := range sourceKinds {
			names[i] = string(k.Type)
		}
		return Invalid("type", string(s.Type), "must be one of "+strings.Join(names, ", "))
	}
	for i, k := range s.WriteKeys {
		if err := ValidateWriteKey("writeKeys", k); err != nil {
			return err
		}
		for _, other := range s.WriteKeys[:i] {
			if other == k {
				return Invalid("writeKeys", k, "is listed twice")
			}
		}
	}
	if s.RateLimit < 0 {
		return Invalid("rateLimit", "", "must be 0 (no limit) or a number of requests a second")
	}
	return nil
}

func validateName(name string) error {
	if strings.TrimSpace(name) == "" {
		return Invalid("name", name, "must not be empty")
	}
	if len(name) > 200 {
		return Invalid("name", name, "must not be longer than 200 bytes")
	}
	return nil
}
