package provider

import (
	"time"

	"posthorn/hook"
)

// Payload is the callback as a message of the archive: who wrote to whom and
// what, with its files; statuses have no body. Its additional fields are the
// parts that became no event. receivedAt stands for a time that is not known.
func (r *Result) Payload(receivedAt time.Time) *hook.Payload {
	p := &hook.Payload{
		ExternalID: r.DedupeKey, OccurredAt: receivedAt, Direction: inbound,
		Fields: encode(map[string]any{"outcome": r.Outcome, "ignored": r.Ignored}),
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

// attachment is the file to store, or to fetch with what Source says.
func (m Media) attachment() hook.Attachment {
	return hook.Attachment{Filename: m.Filename, ContentType: m.ContentType, Content: m.Content, URL: m.Address()}
}
