package envelope

import (
	"encoding/json"
	"slices"
	"strings"

	"posthorn/hook"
)

// sendcomms is the payload of SendComms. Its receivers sign the parsed body that
// they wrote again, so it is written as JavaScript writes it.
func sendcomms(o *object, e *hook.Event, _ *hook.Webhook) {
	o.text("event", e.Type)
	o.text("transaction_id", e.Name())
	o.text("timestamp", hook.FormatTime(e.OccurredAt))
	data := e.Data
	if status, ok := strings.CutPrefix(e.Type, "email."); ok && json.Valid(data) {
		data = emailData(e, status)
	}
	o.ecma("data", data)
}

// emailFields are those of the system's own example, in its order.
var emailFields = []string{"id", "email_id", "type", "status", "to", "subject", "from"}

// emailData is what the system's own example holds, taken from whatever the event was
// made of: a publisher's own data in that form, or a provider's callback. What
// it lacks is null. What more a publisher says in that form comes behind.
func emailData(e *hook.Event, status string) json.RawMessage {
	s := sourceOf(e.Data)
	o := newObject(len(e.Data))
	id, ok := s.text("id", "message_id")
	if !ok {
		id = e.Name()
	}
	o.text("id", id)
	o.field("email_id", s, "email_id", "provider_message_id", "message_id")
	o.text("type", "email")
	if own, ok := s.text("status"); ok {
		status = own
	}
	o.text("status", status)
	o.addresses("to", s, "to", "recipient", "message.to")
	o.field("subject", s, "subject", "message.subject", "fields.subject")
	o.addresses("from", s, "from", "sender", "message.from")
	if s.at("email_id") != nil {
		o.others(e.Data, emailFields)
	}
	return o.whole()
}

// field writes the first text that is found.
func (o *object) field(name string, s source, paths ...string) {
	value, ok := s.text(paths...)
	o.orNull(name, value, ok)
}

// addresses writes those of the first path that has some, as one text.
func (o *object) addresses(name string, s source, paths ...string) {
	for _, path := range paths {
		if list := s.parties(path); len(list) > 0 {
			o.text(name, strings.Join(list, ", "))
			return
		}
	}
	o.orNull(name, "", false)
}

// others writes the fields of an object that have other names than these.
func (o *object) others(data json.RawMessage, names []string) {
	p := parser{raw: data}
	p.next()
	for p.at++; p.next() != '}'; {
		quoted := p.string(nil)
		value := p.value(nil)
		var name string
		if json.Unmarshal(quoted, &name) == nil && !slices.Contains(names, name) {
			o.buf.WriteByte(',')
			o.buf.Write(quoted)
			o.buf.WriteByte(':')
			o.buf.Write(value)
		}
	}
}

// whole is the object, all of whose parts were valid.
func (o *object) whole() json.RawMessage {
	o.buf.WriteByte('}')
	return o.buf.Bytes()
}
