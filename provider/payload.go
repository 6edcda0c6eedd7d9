package provider

import (
	"encoding/json"
	"time"

	"posthorn/hook"
)

// Payload is the callback as a message of the archive: who wrote to whom and
// what, with its files; statuses have no body. Its additional fields say what
// became of its parts, so that it is found by them. receivedAt stands for a
// time that is not known.
func (r *Result) Payload(receivedAt time.Time) *hook.Payload {
	p := &hook.Payload{
		ExternalID: r.DedupeKey, OccurredAt: receivedAt, Direction: inbound,
		To: []hook.Party{}, Fields: r.fields(),
	}
	if len(r.Events) == 0 {
		return p
	}
	e := r.Events[0]
	p.From, p.Direction = hook.Party{Identifier: e.Sender}, e.Direction
	if e.OccurredAt != nil {
		p.OccurredAt = *e.OccurredAt
	}
	if e.Recipient != nil {
		p.To = []hook.Party{{Identifier: *e.Recipient}}
	}
	if m := e.Message; m != nil {
		p.From.DisplayName, p.Body = m.FromName, deref(m.Text)
		for _, file := range m.Media {
			p.Attachments = append(p.Attachments, file.attachment())
		}
	}
	return p
}

// fields are those of the message that are not of every message. What is its
// body, or a file of it, is not said twice.
func (r *Result) fields() json.RawMessage {
	parts := make([]map[string]any, len(r.Events))
	for i, e := range r.Events {
		var subject *string
		if e.Message != nil && e.Message.Email != nil {
			subject = e.Message.Email.Subject
		}
		e.Message = nil
		part := map[string]any{}
		_ = json.Unmarshal(encode(e), &part) // as it was just written
		if subject != nil {
			part["subject"] = *subject
		}
		parts[i] = part
	}
	ignored := r.Ignored
	if ignored == nil {
		ignored = []Ignored{}
	}
	fields := map[string]any{"provider": r.Provider, "outcome": r.Outcome, "events": parts, "ignored": ignored}
	if r.Alert != "" {
		fields["alert"] = r.Alert
	}
	return encode(fields)
}

// attachment is the file to store, or to fetch with what Source says.
func (m Media) attachment() hook.Attachment {
	return hook.Attachment{Filename: m.Filename, ContentType: m.ContentType, Content: m.Content, URL: m.Address()}
}
