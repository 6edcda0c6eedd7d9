package hook

import (
	"encoding/json"
	"slices"
	"strings"
)

// SampleType chooses the event type that a test of a webhook is of: what the
// webhook's first pattern names, or a known type that it matches.
func (w *Webhook) SampleType() string {
	pattern := w.Events[0]
	if ValidEventType(pattern) && strings.Contains(pattern, ".") {
		return pattern
	}
	for _, known := range sampleOrder {
		if slices.Contains(Patterns(known), pattern) {
			return known
		}
	}
	return strings.TrimSuffix(pattern, ".*") + ".test"
}

// Sample is the data of a test event of a type: what such an event looks like,
// or something generic.
func Sample(eventType string) json.RawMessage {
	if data, ok := samples[eventType]; ok {
		return json.RawMessage(data)
	}
	topic, name, _ := strings.Cut(eventType, ".")
	switch known := slices.ContainsFunc(builtIn, func(t EventType) bool { return t.Type == eventType }); {
	case known && topic == "email":
		return json.RawMessage(strings.Replace(sampleEmail, `"delivered"`, `"`+name+`"`, 1))
	case known && topic == "ticket":
		return json.RawMessage(sampleTicket)
	case known && topic == "message":
		return json.RawMessage(strings.Replace(samples["message.delivered"], `"delivered"`, `"`+name+`"`, 1))
	}
	return EncodeJSON(map[string]any{"test": true, "type": eventType, "message": "This is a test event."})
}

// sampleOrder lists what a pattern's sample is looked for in.
var sampleOrder = []string{
	"message.received", "message.sent", "message.delivered", "email.delivered", "email.bounced", "ticket.created",
	"ticket.status_changed", "survey.response_completed", EventAttachmentFailed, EventDeliveryFailed, EventWebhookFailing,
	EventWebhookDisabled, EventRecoveryCompleted,
}

const (
	sampleID      = "01890a5d-ac96-774b-bcce-b302099a8057"
	sampleMessage = `{"message_id":"` + sampleID + `","external_id":"sample-1","endpoint_id":"` + sampleID + `",
"occurred_at":"2026-01-02T03:04:05.678Z","from":{"identifier":"alice@example.com","display_name":"Alice"},
"to":[{"identifier":"bob@example.com"}],"body":"This is a sample.","attachments":[],"fields":{}}`
	sampleEmail = `{"id":"` + sampleID + `","email_id":"` + sampleID + `","type":"email","status":"delivered",
"to":"bob@example.com","subject":"This is a sample","from":"alice@example.com"}`
	sampleTicket  = `{"ticketId":"` + sampleID + `","subject":"This is a sample","status":"open","priority":"normal"}`
	sampleWebhook = `{"webhook_id":"` + sampleID + `","name":"sample","url":"https://example.com/webhook","reason":"failures",
"consecutive_failures":10,"disable_after":10,"held":3,"last_attempt":{"delivery_id":"` + sampleID + `","number":2,
"started_at":"2026-01-02T03:04:05.678Z","status_code":503,"error":"http_status"}}`
)

// samples are the data of test events.
var samples = map[string]string{
	"message.received": sampleMessage, "message.sent": sampleMessage,
	"message.delivered": `{"message_id":"` + sampleID + `","status":"delivered"}`,
	"email.delivered":   sampleEmail,
	"email.bounced":     strings.Replace(sampleEmail, `"delivered"`, `"bounced"`, 1),
	"ticket.created":    sampleTicket,
	"ticket.status_changed": strings.Replace(sampleTicket, `"status":"open"`,
		`"status":"resolved","previousStatus":"open"`, 1),
	"survey.response_completed": `{"surveyId":"` + sampleID + `","responseId":"` + sampleID + `","answers":[]}`,
	EventAttachmentFailed: `{"message_id":"` + sampleID + `","external_id":"sample-1","endpoint_id":"` + sampleID + `",
"attachment":0,"filename":"report.pdf","url":"https://example.com/report.pdf","reason":"HTTP status 404"}`,
	EventDeliveryFailed: `{"webhook_id":"` + sampleID + `","name":"sample","url":"https://example.com/webhook",
"reason":"the retry schedule is exhausted","delivery_id":"` + sampleID + `","event_id":"` + sampleID + `","event_type":"message.received",
"attempts":7,"last_attempt":{"delivery_id":"` + sampleID + `","number":7,"started_at":"2026-01-02T03:04:05.678Z","status_code":503,"error":"http_status"}}`,
	EventWebhookFailing:  sampleWebhook,
	EventWebhookDisabled: sampleWebhook,
	EventRecoveryCompleted: `{"recovery_id":"` + sampleID + `","webhook_id":"` + sampleID + `","name":"sample",
"url":"https://example.com/webhook","since":"2026-01-01T00:00:00.000Z","until":"2026-01-02T00:00:00.000Z","include":"failed","recovered":3}`,
}
