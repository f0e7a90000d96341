package secant

// Reason says why an event did not go on. The empty reason means that it did.
// Where Segment publishes a name for the case, it is that name (its "Delivery
// Overview" and "integration error codes" pages).
type Reason string

// Reasons an event is stopped at its source, after it was collected and kept.
const (
	ReasonNone            Reason = ""
	ReasonNoUserAnonID    Reason = "no_user_anon_id"
	ReasonEventNotDefined Reason = "event_not_defined"
	ReasonEventNotString  Reason = "event_not_string"
	ReasonPropsNotObject  Reason = "properties_not_object"
	ReasonTraitsNotObject Reason = "traits_not_object"
	ReasonNameNotString   Reason = "name_not_string"
	ReasonCategoryNot     Reason = "category_not_string"
	ReasonIDRequired      Reason = "id_required"   // group without groupId, alias without previousId or userId
	ReasonIDNotString     Reason = "id_not_string" // an id is neither a string nor a number
	ReasonBadRequest      Reason = "bad_request"   // a batch item that is no object, or has no known type
	ReasonAdvertisingID   Reason = "device_advertisingid_should_be_string"
	ReasonConsentMissing  Reason = "consent_categorypreferences_should_exist"
	ReasonConsentObject   Reason = "consent_categorypreferences_fields_should_be_object"
	ReasonConsentBool     Reason = "consent_categorypreferences_fields_should_be_bool"
	ReasonConsentVersion  Reason = "consent_version_should_be_number"
	ReasonTooLarge        Reason = "payload_too_large" // a batch item over the size of one event
	ReasonEmptyBatch      Reason = "empty_batch"
	ReasonSourceDisabled  Reason = "source_disabled"
	ReasonUnknownSource   Reason = "unknown_source"
	ReasonTooManyRequests Reason = "too_many_requests"
	ReasonDuplicate       Reason = "duplicate" // ours: the same messageId was collected before
)

// Reasons an event is not sent to a destination.
const (
	ReasonByIntegrations  Reason = "FILTERED_BY_INTEGRATIONS_OBJECT"
	ReasonByRules         Reason = "FILTERED_BY_RULES"
	ReasonByConsent       Reason = "FILTERED_BY_END_USER_CONSENT"
	ReasonSentClientSide  Reason = "MESSAGE_SENT_CLIENT_SIDE"
	ReasonUnsupportedType Reason = "UNSUPPORTED_EVENT_TYPE"
	ReasonInvalidSettings Reason = "INVALID_SETTINGS"
	ReasonNoMapping       Reason = "NO_MATCHING_MAPPING"
)

// Reasons a delivery failed, besides the HTTP status as digits ("503").
const (
	ReasonTimeout      Reason = "ETIMEDOUT"
	ReasonConnReset    Reason = "ECONNRESET"
	ReasonNameNotFound Reason = "ENOTFOUND"
	ReasonConnRefused  Reason = "EREFUSED"
	ReasonRejected     Reason = "MESSAGE_REJECTED"
	ReasonRetry        Reason = "RETRY"
	ReasonInternal     Reason = "INTERNAL"
)

// Explain returns one plain sentence for a person, with what to do about it, or
// the name itself where the reason is an HTTP status or unknown.
func (r Reason) Explain() string {
	if s, ok := explanations[r]; ok {
		return s
	}
	return string(r)
}

var explanations = map[Reason]string{
	ReasonNoUserAnonID:    "The event has neither userId nor anonymousId. Send one of them.",
	ReasonEventNotDefined: "The track call has no event name. Pass the name as its first argument.",
	ReasonEventNotString:  "The event name is not text. Pass a string.",
	ReasonPropsNotObject:  "properties is not an object. Send key/value pairs.",
	ReasonTraitsNotObject: "traits is not an object. Send key/value pairs.",
	ReasonNameNotString:   "name is not text. Pass a string or leave it out.",
	ReasonCategoryNot:     "category is not text. Pass a string or leave it out.",
	ReasonIDRequired:      "A required id is missing: groupId for group, userId and previousId for alias.",
	ReasonIDNotString:     "An id is neither text nor a number. Pass a string.",
	ReasonBadRequest:      "The item is not an event: it is no object, or its type is not track, identify, page, screen, group or alias.",
	ReasonAdvertisingID:   "context.device.advertisingId is not text.",
	ReasonConsentMissing:  "context.consent has no categoryPreferences.",
	ReasonConsentObject:   "context.consent.categoryPreferences is not an object.",
	ReasonConsentBool:     "A value in context.consent.categoryPreferences is not true or false.",
	ReasonConsentVersion:  "context.consent.version is not a number.",
	ReasonTooLarge:        "The event is larger than 32 KB. Send less in one event.",
	ReasonEmptyBatch:      "The batch holds no events.",
	ReasonSourceDisabled:  "The source is switched off. Switch it on to let its events through.",
	ReasonUnknownSource:   "No source has this write key. Copy the key from the source's page.",
	ReasonTooManyRequests: "The source sent more than its rate limit allows.",
	ReasonDuplicate:       "An event with this messageId was collected before; the first copy went on.",
	ReasonByIntegrations:  "The event's integrations object switches this destination off.",
	ReasonByRules:         "A destination filter dropped the event.",
	ReasonByConsent:       "The visitor has not consented to this destination's categories.",
	ReasonSentClientSide:  "The browser already sent this event to the destination.",
	ReasonUnsupportedType: "The destination does not take this type of event.",
	ReasonInvalidSettings: "The destination's settings are not valid. Open it and correct the marked field.",
	ReasonNoMapping:       "No subscription of the destination matches the event.",
	ReasonTimeout:         "The destination did not answer in time.",
	ReasonConnReset:       "The destination closed the connection.",
	ReasonNameNotFound:    "The destination's host name does not resolve.",
	ReasonConnRefused:     "The destination refused the connection, or its address is not allowed.",
	ReasonRejected:        "The destination will not take this event.",
	ReasonRetry:           "The delivery failed for now and is tried again.",
	ReasonInternal:        "Secant failed while delivering; the log has the details.",
}
