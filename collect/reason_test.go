package collect

import (
	"testing"

	secant "github.com/secantdev/secant"
)

func TestReasonFor(t *testing.T) {
	t.Parallel()
	const (
		track, identify, page = secant.TypeTrack, secant.TypeIdentify, secant.TypePage
		screen, group, alias  = secant.TypeScreen, secant.TypeGroup, secant.TypeAlias
	)
	tests := map[string]struct {
		facts
		want secant.Reason
	}{
		"not an object":           {facts{}, secant.ReasonBadRequest},
		"type unknown":            {facts{isObject: true, userID: text}, secant.ReasonBadRequest},
		"too large":               {facts{kind: track, tooLarge: true}, secant.ReasonTooLarge},
		"type before size":        {facts{tooLarge: true}, secant.ReasonBadRequest},
		"track":                   {facts{kind: track, userID: text, event: text}, ""},
		"track, all":              {facts{kind: track, userID: number, anonymousID: text, event: text, properties: object}, ""},
		"track by nobody":         {facts{kind: track, event: text}, secant.ReasonNoUserAnonID},
		"track, no name":          {facts{kind: track, userID: text}, secant.ReasonEventNotDefined},
		"track, name a number":    {facts{kind: track, userID: text, event: number}, secant.ReasonEventNotString},
		"track, name an object":   {facts{kind: track, userID: text, event: object}, secant.ReasonEventNotString},
		"track, properties text":  {facts{kind: track, userID: text, event: text, properties: text}, secant.ReasonPropsNotObject},
		"track, properties list":  {facts{kind: track, userID: text, event: text, properties: list}, secant.ReasonPropsNotObject},
		"track ignores traits":    {facts{kind: track, userID: text, event: text, traits: text}, ""},
		"track ignores name":      {facts{kind: track, userID: text, event: text, name: number}, ""},
		"track ignores groupId":   {facts{kind: track, userID: text, event: text, groupID: list}, ""},
		"userId true":             {facts{kind: track, userID: boolean, event: text}, secant.ReasonIDNotString},
		"userId an object":        {facts{kind: track, userID: object, anonymousID: text, event: text}, secant.ReasonIDNotString},
		"anonymousId a list":      {facts{kind: identify, anonymousID: list}, secant.ReasonIDNotString},
		"identify":                {facts{kind: identify, anonymousID: text}, ""},
		"identify by nobody":      {facts{kind: identify, traits: object}, secant.ReasonNoUserAnonID},
		"identify, traits text":   {facts{kind: identify, userID: text, traits: text}, secant.ReasonTraitsNotObject},
		"identify ignores props":  {facts{kind: identify, userID: text, properties: text}, ""},
		"page":                    {facts{kind: page, anonymousID: text}, ""},
		"page, all":               {facts{kind: page, anonymousID: text, name: text, category: text, properties: object}, ""},
		"page, name a number":     {facts{kind: page, anonymousID: text, name: number}, secant.ReasonNameNotString},
		"page, category a number": {facts{kind: page, anonymousID: text, category: number}, secant.ReasonCategoryNot},
		"page, properties list":   {facts{kind: page, anonymousID: text, properties: list}, secant.ReasonPropsNotObject},
		"page by nobody":          {facts{kind: page}, secant.ReasonNoUserAnonID},
		"screen":                  {facts{kind: screen, userID: text, name: text}, ""},
		"screen, name true":       {facts{kind: screen, userID: text, name: boolean}, secant.ReasonNameNotString},
		"screen, category list":   {facts{kind: screen, userID: text, category: list}, secant.ReasonCategoryNot},
		"group":                   {facts{kind: group, userID: text, groupID: text, traits: object}, ""},
		"group, groupId a number": {facts{kind: group, userID: text, groupID: number}, ""},
		"group without groupId":   {facts{kind: group, userID: text}, secant.ReasonIDRequired},
		"group, groupId true":     {facts{kind: group, userID: text, groupID: boolean}, secant.ReasonIDNotString},
		"group, traits list":      {facts{kind: group, userID: text, groupID: text, traits: list}, secant.ReasonTraitsNotObject},
		"group by nobody":         {facts{kind: group, groupID: text}, secant.ReasonNoUserAnonID},
		"alias":                   {facts{kind: alias, userID: text, previousID: text}, ""},
		"alias without previous":  {facts{kind: alias, userID: text}, secant.ReasonIDRequired},
		"alias without userId":    {facts{kind: alias, anonymousID: text, previousID: text}, secant.ReasonIDRequired},
		"alias, previous true":    {facts{kind: alias, userID: text, previousID: boolean}, secant.ReasonIDNotString},
		"advertisingId text":      {facts{kind: identify, userID: text, advertisingID: text}, ""},
		"advertisingId a number":  {facts{kind: identify, userID: text, advertisingID: number}, secant.ReasonAdvertisingID},
		"consent":                 {facts{kind: identify, userID: text, consent: object, preferences: object}, ""},
		"consent with version":    {facts{kind: identify, userID: text, consent: object, preferences: object, consentVersion: number}, ""},
		"consent empty":           {facts{kind: identify, userID: text, consent: object}, secant.ReasonConsentMissing},
		"consent text":            {facts{kind: identify, userID: text, consent: text}, secant.ReasonConsentMissing},
		"preferences text":        {facts{kind: identify, userID: text, consent: object, preferences: text}, secant.ReasonConsentObject},
		"preferences list":        {facts{kind: identify, userID: text, consent: object, preferences: list}, secant.ReasonConsentObject},
		"preference a number":     {facts{kind: identify, userID: text, consent: object, preferences: object, preferencesNotBool: true}, secant.ReasonConsentBool},
		"consent version text":    {facts{kind: identify, userID: text, consent: object, preferences: object, consentVersion: text}, secant.ReasonConsentVersion},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := test.facts
			f.isObject = name != "not an object"
			if got := reasonFor(&f); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
