package envelope

import (
	"encoding/json"
	"strings"

	"posthorn/hook"
)

// platform is the payload of ticket and survey platforms. A survey event names its survey where
// the others name the organisation.
func platform(o *object, e *hook.Event, _ *hook.Webhook) {
	if survey := surveyID(e); survey != nil {
		o.raw("surveyId", survey)
	} else {
		o.text("organizationId", e.TenantID.String())
	}
	o.text("eventType", e.Type)
	o.text("eventId", e.Name())
	o.text("timestamp", hook.FormatTime(e.OccurredAt))
	o.raw("data", e.Data)
}

// surveyID finds the survey that a survey event is of, as it is written; nil
// where the event is not of a survey or does not say which.
func surveyID(e *hook.Event) json.RawMessage {
	if topic, _, _ := strings.Cut(e.Type, "."); topic != "survey" {
		return nil
	}
	// A map: the fields of a struct would match in any case of letters.
	var data map[string]json.RawMessage
	if json.Unmarshal(e.Data, &data) != nil || string(data["surveyId"]) == "null" {
		return nil
	}
	return data["surveyId"]
}
