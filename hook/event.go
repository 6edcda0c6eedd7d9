package hook

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"
)

// Event is something that happened, to be delivered to every matching webhook.
type Event struct {
	ID         ID
	TenantID   ID
	PublicID   string // the publisher's own id; "" where we made it
	Type       string
	Data       json.RawMessage
	OccurredAt time.Time
	MessageID  ID // the message it was made of; zero for published ones
	EndpointID ID
	CreatedAt  time.Time
	Transition *Transition // nil where it is made of no callback
}

// Transition is what a callback says of a message of its provider's.
type Transition struct {
	Key       string // an endpoint publishes each once
	MessageID string // the provider's, "" where it has none
	Recipient string
	// Rank is how far along the message is: the current status is the one of
	// the highest, of whatever came last. 0 for what is no status.
	Rank int
}

// Name is the id that people and receivers see.
func (e *Event) Name() string {
	if e.PublicID != "" {
		return e.PublicID
	}
	return e.ID.String()
}

// SurveyID is the survey that the data name, as text; "" if they name none.
func (e *Event) SurveyID() string {
	// A map: the fields of a struct would match in any case of letters.
	var data map[string]json.RawMessage
	if json.Unmarshal(e.Data, &data) != nil {
		return ""
	}
	var text string
	var number json.Number
	switch raw := data["surveyId"]; {
	case json.Unmarshal(raw, &text) == nil:
		return text
	case json.Unmarshal(raw, &number) == nil:
		return number.String()
	}
	return ""
}

// MaxEventType is the longest event type, in characters.
const MaxEventType = 128

var (
	eventType = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)
	publicID  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)
)

// Validate checks what a publisher gave.
func (e *Event) Validate() error {
	var bad fields
	if !ValidEventType(e.Type) {
		bad.add("/type", "must be segments of letters, digits, _ and - joined by dots, at most 128 characters")
	}
	if e.PublicID != "" && !publicID.MatchString(e.PublicID) {
		bad.add("/id", "must be 1 to 255 of letters, digits, _ and -")
	}
	if len(e.Data) == 0 {
		bad.add("/data", "is required")
	} else if err := CheckJSON(e.Data); err != nil {
		bad.add("/data", err.Error())
	}
	return bad.err("the event is not valid")
}

// ValidEventType reports whether s can be the type of an event.
func ValidEventType(s string) bool { return len(s) <= MaxEventType && eventType.MatchString(s) }

// ValidPattern reports whether s can stand in a webhook's events: an event
// type, a topic, a type with a trailing "*" segment, or "*" alone.
func ValidPattern(s string) bool {
	return s == "*" || ValidEventType(strings.TrimSuffix(s, ".*")) && len(s) <= MaxEventType
}

// Patterns lists every pattern that matches a type, the type itself first: it
// is how a webhook is found by equality. "*" stands for one or more whole
// segments at the end; a bare first segment is a topic.
func Patterns(eventType string) []string {
	patterns := []string{eventType}
	topic, _, nested := strings.Cut(eventType, ".")
	if nested {
		patterns = append(patterns, topic)
	}
	for i := len(eventType) - 1; i > 0; i-- {
		if eventType[i] == '.' {
			patterns = append(patterns, eventType[:i]+".*")
		}
	}
	return append(patterns, "*")
}
