package envelope

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"posthorn/hook"
)

// inboxcomponents is the payload of InboxComponents.
func inboxcomponents(o *object, e *hook.Event, _ *hook.Webhook) {
	o.text("id", e.Name())
	o.text("event", e.Type)
	data := e.Data
	if strings.HasPrefix(e.Type, "message.") && json.Valid(data) {
		data = messageData(e)
	}
	o.raw("data", data)
	o.text("idempotency_key", idempotencyKey(e))
}

// idempotencyKey is 64 hex characters that are equal for one event wherever and
// however often it is sent, and for no other.
func idempotencyKey(e *hook.Event) string {
	sum := sha256.Sum256([]byte("posthorn\n" + e.TenantID.String() + "\n" + e.ID.String()))
	return hex.EncodeToString(sum[:])
}

// snippetLength is how much of a text its snippet has, in characters.
const snippetLength = 100

// messageFields are those of the system's own example.
var messageFields = []string{
	"conversation_id", "id", "modified_at", "date", "type", "metadata", "attachments", "is_sent", "is_hidden", "is_event",
	"event_type", "account_id", "inline_attachments", "body", "from", "snippet", "is_supported", "reactions", "quote",
	"deleted", "provider_id", "custom",
}

// messageData is every field of the system's own example, in its order and with its
// types, taken from whatever the event was made of: a publisher's own data in
// that form, a message that an endpoint received, or a provider's callback.
// What it lacks is null or empty.
func messageData(e *hook.Event) json.RawMessage {
	s := sourceOf(e.Data)
	o := newObject(len(e.Data))
	direction, _ := s.text("direction", "fields.direction")
	body, _ := s.text("body", "message.text")
	snippet, ok := s.text("snippet")
	if !ok {
		snippet = begin(body)
	}
	o.field("conversation_id", s, "conversation_id", "fields.conversation_id", "ticket_id")
	o.text("id", e.Name())
	o.number("modified_at", s.seconds("modified_at", e.OccurredAt.Unix()))
	o.number("date", s.seconds("date", e.OccurredAt.Unix()))
	o.field("type", s, s.kind(), "channel", "fields.channel", "fields.type")
	o.raw("metadata", s.list("metadata"))
	o.raw("attachments", s.list("attachments", "message.media"))
	o.flag("is_sent", s.flag("is_sent", e.Type == "message.sent" || direction == "outbound"))
	o.flag("is_hidden", s.flag("is_hidden", false))
	o.flag("is_event", s.flag("is_event", false))
	o.field("event_type", s, "event_type")
	o.account(s, e)
	o.raw("inline_attachments", s.list("inline_attachments"))
	o.text("body", body)
	o.raw("from", s.senders())
	o.text("snippet", snippet)
	o.flag("is_supported", s.flag("is_supported", true))
	o.raw("reactions", s.list("reactions"))
	o.raw("quote", orNull(s.at("quote")))
	o.flag("deleted", s.flag("deleted", false))
	o.field("provider_id", s, "provider_id", "provider_message_id", "external_id")
	o.raw("custom", s.list("custom"))
	if s.at("conversation_id") != nil {
		o.others(e.Data, messageFields)
	}
	return o.whole()
}

// kind is where the channel stands in a publisher's own data. In a provider's
// event that name is the event's type.
func (s source) kind() string {
	if s.at("provider") != nil {
		return ""
	}
	return "type"
}

func (s source) seconds(path string, otherwise int64) int64 {
	var n int64
	if value := s.at(path); value == nil || json.Unmarshal(value, &n) != nil {
		return otherwise
	}
	return n
}

// senders is who a message is from: the format has a list of names and pictures.
func (s source) senders() json.RawMessage {
	if from := s.at("from"); len(from) > 0 && from[0] == '[' {
		return from
	}
	name, ok := s.text("from.display_name", "message.from_name", "from.identifier", "from", "sender")
	if !ok {
		return json.RawMessage("[]")
	}
	picture, ok := s.text("from.picture", "from.profilePicture")
	o := newObject(len(name))
	o.text("name", name)
	o.orNull("profilePicture", picture, ok)
	return append(append(json.RawMessage{'['}, o.whole()...), ']')
}

func (o *object) account(s source, e *hook.Event) {
	account, ok := s.text("account_id", "endpoint_id")
	if !ok && e.EndpointID != (hook.ID{}) {
		account, ok = e.EndpointID.String(), true
	}
	o.orNull("account_id", account, ok)
}

func (o *object) flag(name string, value bool) {
	if value {
		o.raw(name, json.RawMessage("true"))
	} else {
		o.raw(name, json.RawMessage("false"))
	}
}

func orNull(value json.RawMessage) json.RawMessage {
	if value == nil {
		return json.RawMessage("null")
	}
	return value
}

// begin is the beginning of a text.
func begin(text string) string {
	at := 0
	for n := 0; n < snippetLength && at < len(text); n++ {
		_, size := utf8.DecodeRuneInString(text[at:])
		at += size
	}
	return text[:at]
}
