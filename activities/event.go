package activities

import (
	"encoding/json"

	"posthorn/hook"
	"posthorn/provider"
)

// eventData is the data of the event that a message becomes: attachments as
// metadata, never their content.
type eventData struct {
	MessageID   hook.ID           `json:"message_id"`
	ExternalID  string            `json:"external_id"`
	EndpointID  hook.ID           `json:"endpoint_id"`
	OccurredAt  string            `json:"occurred_at"`
	From        hook.Party        `json:"from"`
	To          []hook.Party      `json:"to"`
	Body        string            `json:"body"`
	Attachments []eventAttachment `json:"attachments"`
	Fields      json.RawMessage   `json:"fields"`
}

type eventAttachment struct {
	Filename    string `json:"filename"`
	ContentType string `json:"content_type"`
	Size        int64  `json:"size"`
	SHA256      string `json:"sha256"`
	Failed      string `json:"failed,omitempty"`
}

type failedData struct {
	MessageID  hook.ID `json:"message_id"`
	ExternalID string  `json:"external_id"`
	EndpointID hook.ID `json:"endpoint_id"`
	Attachment int     `json:"attachment"` // its place among the message's, from 0
	Filename   string  `json:"filename"`
	URL        string  `json:"url"`
	Reason     string  `json:"reason"`
}

// eventsOf makes the events that an archived message becomes: itself, or what a
// provider's callback means, and one for each attachment that could not be had.
func eventsOf(m *hook.Message, result *provider.Result) []hook.Event {
	p := &m.Payload
	data := eventData{
		MessageID: m.ID, ExternalID: p.ExternalID, EndpointID: m.EndpointID, OccurredAt: hook.FormatTime(p.OccurredAt),
		From: p.From, To: p.To, Body: p.Body, Attachments: []eventAttachment{}, Fields: p.Fields,
	}
	event := func(eventType string, data any) hook.Event {
		return hook.Event{
			ID: hook.NewID(), TenantID: m.TenantID, Type: eventType, Data: hook.EncodeJSON(data),
			OccurredAt: p.OccurredAt, MessageID: m.ID, EndpointID: m.EndpointID,
		}
	}
	var failed []hook.Event
	for n, a := range p.Attachments {
		data.Attachments = append(data.Attachments, eventAttachment{
			Filename: a.Filename, ContentType: a.ContentType, Size: a.Size, SHA256: a.SHA256, Failed: a.Failed,
		})
		if a.Failed != "" {
			failed = append(failed, event(hook.EventAttachmentFailed, failedData{
				MessageID: m.ID, ExternalID: p.ExternalID, EndpointID: m.EndpointID, Attachment: n,
				Filename: a.Filename, URL: hook.PlainURL(a.URL), Reason: a.Failed,
			}))
		}
	}
	if result != nil {
		return append(result.Published(m), failed...)
	}
	return append([]hook.Event{event(p.EventType(), data)}, failed...)
}
