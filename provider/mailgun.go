package provider

import "strings"

var mailgun = Provider{
	Name: "mailgun", MaxBody: maxCallback, Schemes: []string{mailgunHMAC},
	fields: []field{{name: "signing_key", kind: secret, required: true}},
	verify: verifyMailgunEvent,
	events: mailgunEvents,
}

var mailgunTypes = map[string]string{
	"accepted": emailSent, "delivered": emailDelivered, "failed": emailBounced, "rejected": emailFailed,
	"complained": emailComplained, "unsubscribed": emailUnsubscribed, "opened": emailOpened, "clicked": emailClicked,
}

// mailgunEvents maps one event.
func mailgunEvents(r *Request, _ *settings) Result {
	body, ok := parseObject(r.Body)
	data := body.object("event-data")
	if !ok || data == nil {
		return unreadable("no event-data")
	}
	result := understood()
	kind := data.text("event")
	eventType, known := mailgunTypes[kind]
	if !known {
		why := whyUnknown
		if kind == "stored" {
			why = whyOther
		}
		result.ignore(kind, why)
		return result
	}
	headers := data.object("message").object("headers")
	e := Event{
		Type: eventType, Channel: channelEmail, Direction: outbound,
		ProviderMessageID: optional(trimBrackets(headers.text("message-id"))),
		DedupeKey:         data.text("id"), Recipient: optional(data.text("recipient")),
		OccurredAt: unix(data.text("timestamp")), RawStatus: kind,
		sentSubject: headers.text("subject"), sentFrom: bareAddress(headers.text("from")),
	}
	if e.DedupeKey == "" {
		e.DedupeKey = digestKey(encode(data))
	}
	if e.Recipient == nil {
		e.Recipient = firstAddress(headers.text("to"))
	}
	switch kind {
	case "failed":
		if e.RawStatus += "/" + data.text("severity"); data.text("severity") == "temporary" {
			result.ignore(e.RawStatus, whyTransient)
			return result
		}
		mailgunFailure(&e, data)
	case "rejected":
		e.Error = failure("", data.object("reject").first("reason", "description"))
	case "opened":
		if data.object("client-info").text("bot") != "" {
			machine := true
			e.Machine = &machine
		}
	case "clicked":
		e.URL = data.text("url")
	}
	result.add(e)
	return result
}

// mailgunFailure tells a bad address from a message given up, and both from one
// that was never tried.
func mailgunFailure(e *Event, data object) {
	status := data.object("delivery-status")
	e.Error = failure(status.text("code"), status.first("message", "description"))
	switch reason := data.text("reason"); {
	case strings.HasPrefix(reason, "suppress-"):
		e.Type = emailFailed
	case reason == "old":
		e.Bounce = "soft"
	default:
		e.Bounce = "hard"
	}
}
