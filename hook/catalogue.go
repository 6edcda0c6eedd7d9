package hook

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits of a tenant's catalogue.
const (
	MaxEventTypes  = 1000     // of a tenant's own
	MaxDescription = 1000     // characters
	MaxSchema      = 64 << 10 // bytes
)

// EventType is a type in the catalogue. Types that are not in it are published
// all the same.
type EventType struct {
	Type        string
	Description string
	Schema      json.RawMessage // JSON Schema of the data, nil for any
	BuiltIn     bool
	UpdatedAt   time.Time // zero: nobody has changed it
}

// Validate checks what a tenant gave, but for the schema's meaning.
func (t *EventType) Validate() error {
	var bad fields
	if !ValidEventType(t.Type) {
		bad.add("/type", "must be segments of letters, digits, _ and - joined by dots, at most 128 characters")
	}
	control := func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }
	if utf8.RuneCountInString(t.Description) > MaxDescription || strings.ContainsFunc(t.Description, control) {
		bad.add("/description", "must have at most 1000 characters, no control characters")
	}
	if len(t.Schema) > MaxSchema {
		bad.add("/schema", "must have at most 65536 bytes")
	}
	return bad.err("the event type is not valid")
}

// builtIn are the types that every tenant's catalogue has.
var builtIn = []EventType{
	{Type: "attachment.failed", Description: "An attachment of a message could not be fetched, for good"},
	{Type: "delivery.failed", Description: "The retry schedule of a delivery is exhausted"},
	{Type: "email.bounced", Description: "Email bounced (hard or soft bounce)"},
	{Type: "email.clicked", Description: "Link in email was clicked (if tracking enabled)"},
	{Type: "email.complained", Description: "Recipient marked email as spam"},
	{Type: "email.delivered", Description: "Email was successfully delivered to the recipient"},
	{Type: "email.failed", Description: "Email could not be sent"},
	{Type: "email.opened", Description: "Email was opened (if tracking enabled)"},
	{Type: "email.sent", Description: "Email was successfully sent to the mail server"},
	{Type: "email.unsubscribed", Description: "Recipient unsubscribed"},
	{Type: "export.completed", Description: "An export is ready to be downloaded"},
	{Type: "message.created", Description: "A message was added to a ticket"},
	{Type: "message.delivered", Description: "A message was delivered to its recipient"},
	{Type: "message.failed", Description: "A message could not be delivered"},
	{Type: "message.queued", Description: "A message waits to be sent"},
	{Type: "message.read", Description: "A message was read"},
	{Type: "message.received", Description: "A message was received"},
	{Type: "message.sent", Description: "A new message was sent"},
	{Type: "recovery.completed", Description: "What a webhook missed has been set going again"},
	{Type: "survey.response_completed", Description: "A survey response was completed"},
	{Type: "ticket.assigned", Description: "A ticket was assigned"},
	{Type: "ticket.closed", Description: "A ticket was closed"},
	{Type: "ticket.created", Description: "A ticket was created"},
	{Type: "ticket.resolved", Description: "A ticket was resolved"},
	{Type: "ticket.sla_breached", Description: "A ticket missed the time that was agreed"},
	{Type: "ticket.sla_warning", Description: "A ticket is about to miss the time that was agreed"},
	{Type: "ticket.status_changed", Description: "A ticket's status changed"},
	{Type: "ticket.updated", Description: "A ticket was changed"},
	{Type: "webhook.disabled", Description: "A webhook was disabled: it failed too often, or answered that it is gone"},
	{Type: "webhook.failing", Description: "A webhook has failed half as often as disables it"},
}

// Catalogue is the built-in types and a tenant's own, by name. What a tenant
// says of a built-in type takes the place of what we say.
func Catalogue(own []EventType) []EventType {
	list := slices.Clone(own)
	for _, known := range builtIn {
		i := slices.IndexFunc(own, func(t EventType) bool { return t.Type == known.Type })
		if i < 0 {
			known.BuiltIn = true
			list = append(list, known)
			continue
		}
		list[i].BuiltIn = true
		list[i].Description = cmp.Or(own[i].Description, known.Description)
	}
	slices.SortFunc(list, func(a, b EventType) int { return cmp.Compare(a.Type, b.Type) })
	return list
}
