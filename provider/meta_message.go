package provider

import "slices"

// cloudMessage maps an incoming message of the WhatsApp Cloud API.
func cloudMessage(result *Result, message, value object) {
	id, from := message.text("id"), message.text("from")
	if id == "" {
		result.ignore(message.text("type"), "no id")
		return
	}
	result.add(Event{
		Type: messageReceived, Channel: channelWhatsApp, Direction: inbound, ProviderMessageID: &id, DedupeKey: id,
		Recipient: optional(value.object("metadata").text("display_phone_number")), Sender: from,
		OccurredAt: unixEither(message.text("timestamp")), RawStatus: "received",
		Message: cloudContent(message, cloudName(value, from)),
	})
}

// cloudName is the profile's name of the sender.
func cloudName(value object, from string) string {
	contacts := value.objects("contacts")
	i := slices.IndexFunc(contacts, func(c object) bool { return c.text("wa_id") == from })
	if i < 0 && len(contacts) != 1 {
		return ""
	}
	return contacts[max(i, 0)].object("profile").text("name")
}

func cloudContent(message object, name string) *Message {
	kind := message.text("type")
	content := message.object(kind)
	m := &Message{FromName: name, InReplyTo: message.object("context").text("id")}
	switch kind {
	case "text":
		m.Text = content.optional("body")
	case "image", "audio", "video", "document", "sticker":
		m.Text = content.optional("caption")
		m.Media = []Media{{ID: content.text("id"), URL: content.text("url"), ContentType: content.text("mime_type"), Filename: content.text("filename")}}
	case "button":
		m.Text, m.Payload = content.optional("text"), content.text("payload")
	case "interactive":
		reply := content.object(content.text("type"))
		m.Text, m.Payload = reply.optional("title"), reply.first("id", "response_json")
		if m.Text == nil {
			m.Text = reply.optional("body")
		}
	case "reaction":
		m.Kind, m.Text, m.InReplyTo = kind, content.optional("emoji"), content.text("message_id")
	case "location":
		m.Kind = kind
		m.Location = &Location{
			Latitude: content.text("latitude"), Longitude: content.text("longitude"), Name: content.text("name"), Address: content.text("address"),
		}
	default: // contacts, order, system, unsupported, and what is to come
		m.Kind = firstOf(kind, "unknown")
		m.Text = content.optional("body")
	}
	return m
}

// optional is a text that may be empty, nil where there is none.
func (o object) optional(name string) *string {
	if s, ok := o[name].(string); ok {
		return &s
	}
	return nil
}
