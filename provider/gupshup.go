package provider

var gupshup = Provider{
	Name: "gupshup", MaxBody: maxCallback, Schemes: []string{basicAuth, staticHeader},
	fields: credentialFields, check: checkCredentials, verify: verifyCredentials,
	events: gupshupEvents,
}

// gupshupEvents maps both formats. The answer has an empty body: Gupshup
// repeats what is answered otherwise.
func gupshupEvents(r *Request, _ *settings) Result {
	body, ok := parseObject(r.Body)
	switch {
	case !ok:
		return unreadable("not a JSON object")
	case body.has("entry") || body.has("gs_app_id"):
		return cloudEvents(body, gupshupStatus)
	}
	result := understood()
	payload := body.object("payload")
	switch kind := body.text("type"); kind {
	case "message-event":
		gupshupEvent(&result, payload, body)
	case "message":
		gupshupMessage(&result, payload, body)
	default: // user-event, sandbox-start among them, and the like
		result.ignore(kind, whyNoMessage)
	}
	return result
}

// gupshupStatus gives a status of format v3 Gupshup's id beside WhatsApp's.
func gupshupStatus(e *Event, status, _ object) {
	e.ProviderMessageID = optional(status.text("gs_id"))
	e.ChannelMessageID = status.text("id")
	e.DedupeKey = status.first("gs_id", "id") + ":" + e.RawStatus
}

// gupshupEvent maps a status of format v2, in which id is Gupshup's where the
// message has not reached WhatsApp yet and WhatsApp's from then on. gsId is
// missing after a week.
func gupshupEvent(result *Result, payload, body object) {
	status := payload.text("type")
	eventType, known := metaTypes[status]
	switch {
	case payload.first("gsId", "id") == "":
		result.ignore(status, "no id")
		return
	case status == "deleted":
		result.ignore(status, whyNoEvent)
		return
	case !known:
		result.ignore(status, whyUnknown)
		return
	}
	id, gupshupID, detail := payload.text("id"), payload.text("gsId"), payload.object("payload")
	e := Event{
		Type: eventType, Channel: channelWhatsApp, Direction: outbound, RawStatus: status,
		Recipient: optional(payload.text("destination")), OccurredAt: unixEither(detail.text("ts")),
		DedupeKey: firstOf(gupshupID, id) + ":" + status,
	}
	if e.OccurredAt == nil {
		e.OccurredAt = unixMilli(body.text("timestamp"))
	}
	switch early := status == "enqueued" || status == "failed"; {
	case gupshupID != "":
		e.ProviderMessageID, e.ChannelMessageID = &gupshupID, id
	case early:
		e.ProviderMessageID, e.ChannelMessageID = optional(id), detail.text("whatsappMessageId")
	default:
		e.ChannelMessageID = id
	}
	if eventType == messageFailed {
		e.Error = failure(detail.text("code"), detail.text("reason"))
	}
	result.add(e)
}

// gupshupMessage maps an incoming message of format v2. It does not tell the
// number that it was sent to.
func gupshupMessage(result *Result, payload, body object) {
	id := payload.text("id")
	if id == "" {
		result.ignore("message", "no id")
		return
	}
	content, kind := payload.object("payload"), payload.text("type")
	m := &Message{FromName: payload.object("sender").text("name"), InReplyTo: payload.object("context").first("gsId", "id")}
	switch kind {
	case "text":
		m.Text = content.optional("text")
	case "image", "audio", "video", "file", "document", "sticker", "voice":
		m.Text = content.optional("caption")
		m.Media = []Media{{URL: content.text("url"), ContentType: content.text("contentType"), Filename: content.first("name", "filename")}}
	case "quick_reply", "button_reply", "list_reply", "button":
		m.Text = content.optional("title")
		if m.Text == nil {
			m.Text = content.optional("text")
		}
		m.Payload = content.first("postbackText", "payload", "id")
	case "location":
		m.Kind = kind
		m.Location = &Location{
			Latitude: content.text("latitude"), Longitude: content.text("longitude"), Name: content.text("name"), Address: content.text("address"),
		}
	case "reaction":
		m.Kind, m.Text = kind, content.optional("emoji")
		m.InReplyTo = firstOf(content.first("gsId", "id"), m.InReplyTo)
	default:
		m.Kind = firstOf(kind, "unknown")
	}
	result.add(Event{
		Type: messageReceived, Channel: channelWhatsApp, Direction: inbound, ProviderMessageID: &id, DedupeKey: id,
		OccurredAt: unixMilli(body.text("timestamp")), RawStatus: "received", Message: m,
		Sender: firstOf(payload.text("source"), payload.object("sender").text("phone")),
	})
}
