package collect

import secant "github.com/secantdev/secant"

// shape is what was sent for a field, as far as validity depends on it.
type shape uint8

// Shapes. By the leniency that real SDKs need, null and "" count as absent, and
// [] counts as an object, for PHP.
const (
	absent shape = iota
	text
	number
	boolean
	list
	object
)

// facts are what validity depends on. Fields that do not matter for the type
// may hold anything.
type facts struct {
	isObject bool // the item is a JSON object
	tooLarge bool // larger than one event may be
	kind     secant.EventType

	userID, anonymousID, groupID, previousID shape

	event, name, category, properties, traits shape

	advertisingID shape

	consent, preferences, consentVersion shape
	preferencesNotBool                   bool // one of them is neither true nor false
}

// reasonFor returns why the event may not go on, or ReasonNone. The first
// reason wins, in the order: what it is, who it is about, what it says, context.
func reasonFor(f *facts) secant.Reason {
	switch {
	case !f.isObject || f.kind == secant.TypeUnknown:
		return secant.ReasonBadRequest
	case f.tooLarge:
		return secant.ReasonTooLarge
	}
	if r := idReason(f); r != secant.ReasonNone {
		return r
	}
	if r := fieldReason(f); r != secant.ReasonNone {
		return r
	}
	return contextReason(f)
}

func idReason(f *facts) secant.Reason {
	if !f.userID.canBeID() || !f.anonymousID.canBeID() ||
		f.kind == secant.TypeGroup && !f.groupID.canBeID() ||
		f.kind == secant.TypeAlias && !f.previousID.canBeID() {
		return secant.ReasonIDNotString
	}
	switch {
	case f.kind == secant.TypeAlias:
		if f.userID == absent || f.previousID == absent {
			return secant.ReasonIDRequired
		}
	case f.userID == absent && f.anonymousID == absent:
		return secant.ReasonNoUserAnonID
	case f.kind == secant.TypeGroup && f.groupID == absent:
		return secant.ReasonIDRequired
	}
	return secant.ReasonNone
}

func fieldReason(f *facts) secant.Reason {
	switch f.kind {
	case secant.TypeTrack:
		switch {
		case f.event == absent:
			return secant.ReasonEventNotDefined
		case f.event != text:
			return secant.ReasonEventNotString
		}
	case secant.TypePage, secant.TypeScreen:
		switch {
		case !f.name.optional(text):
			return secant.ReasonNameNotString
		case !f.category.optional(text):
			return secant.ReasonCategoryNot
		}
	case secant.TypeIdentify, secant.TypeGroup:
		if !f.traits.optional(object) {
			return secant.ReasonTraitsNotObject
		}
		return secant.ReasonNone
	default:
		return secant.ReasonNone
	}
	if !f.properties.optional(object) {
		return secant.ReasonPropsNotObject
	}
	return secant.ReasonNone
}

func contextReason(f *facts) secant.Reason {
	switch {
	case !f.advertisingID.optional(text):
		return secant.ReasonAdvertisingID
	case f.consent == absent:
		return secant.ReasonNone
	case f.preferences == absent:
		return secant.ReasonConsentMissing
	case f.preferences != object:
		return secant.ReasonConsentObject
	case f.preferencesNotBool:
		return secant.ReasonConsentBool
	case !f.consentVersion.optional(number):
		return secant.ReasonConsentVersion
	}
	return secant.ReasonNone
}

func (s shape) optional(want shape) bool { return s == absent || s == want }

func (s shape) canBeID() bool { return s == absent || s == text || s == number }
