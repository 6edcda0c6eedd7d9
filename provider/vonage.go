package provider

var vonage = Provider{
	Name: "vonage", MaxBody: maxCallback,
	choose: true, Schemes: []string{vonageJWT, vonageSig},
	fields: []field{
		{name: "signature_secret", kind: secret, required: true},
		{name: "algorithm", kind: choice, choices: []string{"md5hash", "md5", "sha1", "sha256", "sha512"}},
	},
	check:  checkVonage,
	verify: verifyVonage,
	events: vonageEvents,
}

// vonageTypes are the statuses of the SMS API and of the Messages API.
var vonageTypes = map[string]string{
	"accepted": messageSent, "buffered": messageSent, "submitted": messageSent,
	"delivered": messageDelivered, "read": messageRead,
	"expired": messageFailed, "failed": messageFailed, "rejected": messageFailed, "undeliverable": messageFailed,
}

// vonageErrors are the codes of delivery receipts, in Vonage's words.
var vonageErrors = map[string]string{
	"1": "Unknown", "2": "Absent Subscriber - Temporary", "3": "Absent Subscriber - Permanent", "4": "Call Barred by User",
	"5": "Portability Error", "6": "Anti-Spam Rejection", "7": "Handset Busy", "8": "Network Error", "9": "Illegal Number",
	"10": "Illegal Message", "11": "Unroutable", "12": "Destination Unreachable", "13": "Subscriber Age Restriction",
	"14": "Number Blocked by Carrier", "15": "Prepaid Insufficient Funds", "16": "Gateway Quota Exceeded",
	"50": "Entity Filter", "51": "Header Filter", "52": "Content Filter", "53": "Consent Filter", "54": "Regulation Error",
	"99": "General Error",
}

// vonageEvents maps a delivery receipt or a message of either API.
func vonageEvents(r *Request, _ *settings) Result {
	var p pairs
	switch {
	case r.readsQuery() || len(r.Body) == 0:
		p = parsePairs(r.query())
	case r.isForm():
		p = parsePairs(string(r.Body))
	default:
		body, ok := parseObject(r.Body)
		if !ok {
			return unreadable("neither a form nor a JSON object")
		}
		if body.has("message_uuid") {
			return vonageMessages(body)
		}
		return vonageSMS(body.text, body.has)
	}
	return vonageSMS(p.get, func(key string) bool { _, ok := p.lookup(key); return ok })
}

func vonageSMS(get func(string) string, has func(string) bool) Result {
	result := understood()
	id, status := get("messageId"), get("status")
	eventType, known := vonageTypes[status]
	e := Event{
		Type: eventType, Channel: channelSMS, Direction: outbound, ProviderMessageID: &id, DedupeKey: id + ":" + status,
		Recipient: optional(get("msisdn")), Sender: get("to"), RawStatus: status, ClientReference: get("client-ref"),
		OccurredAt: stamp(get("message-timestamp"), "2006-01-02 15:04:05"),
	}
	switch {
	case id == "":
		return unreadable("no messageId")
	case status == "" && (has("text") || has("type")):
		body := get("text")
		e.Type, e.Direction, e.DedupeKey, e.RawStatus = messageReceived, inbound, id, "received"
		e.Recipient, e.Sender, e.Message = optional(get("to")), get("msisdn"), &Message{Text: &body}
	case !known:
		result.ignore(status, whyUnknown)
		return result
	case eventType == messageFailed && get("err-code") != "0":
		e.Error = failure(get("err-code"), vonageErrors[get("err-code")])
	}
	result.add(e)
	return result
}

// vonageMessages maps what the Messages API sends, for any of its channels.
func vonageMessages(body object) Result {
	result := understood()
	id, status := body.text("message_uuid"), body.text("status")
	eventType, known := vonageTypes[status]
	e := Event{
		Type: eventType, Channel: firstOf(body.text("channel"), body.object("to").text("type"), channelSMS), Direction: outbound,
		ProviderMessageID: &id, DedupeKey: id + ":" + status, RawStatus: status, OccurredAt: rfc3339(body.text("timestamp")),
		Recipient: optional(vonageParty(body, "to")), Sender: vonageParty(body, "from"), ClientReference: body.text("client_ref"),
	}
	switch {
	case id == "":
		return unreadable("no message_uuid")
	case status == "" && (body.has("message_type") || body.has("message")):
		e.Type, e.Direction, e.DedupeKey, e.RawStatus = messageReceived, inbound, id, "received"
		e.Message = vonageMessage(body)
	case !known:
		result.ignore(status, whyUnknown)
		return result
	case eventType == messageFailed:
		detail := body.object("error")
		e.Error = failure(detail.first("title", "code", "type"), detail.first("detail", "reason"))
	}
	result.add(e)
	return result
}

// vonageParty is a number, which the API's first version puts in an object.
func vonageParty(body object, name string) string {
	return firstOf(body.text(name), body.object(name).first("number", "id"))
}

func vonageMessage(body object) *Message {
	kind := body.text("message_type")
	content := body.object(kind)
	m := &Message{
		FromName: body.object("profile").text("name"), InReplyTo: body.object("context").text("message_uuid"), Text: body.optional("text"),
	}
	switch kind {
	case "text", "":
		if m.Text == nil {
			m.Text = body.object("message").object("content").optional("text")
		}
	case "image", "audio", "video", "file", "vcard", "sticker":
		m.Text = content.optional("caption")
		m.Media = []Media{{URL: content.text("url"), Filename: content.text("name")}}
	case "reply":
		m.Text, m.Payload = content.optional("title"), content.text("id")
	case "button":
		button := body.object("button")
		m.Text, m.Payload = button.optional("text"), button.text("payload")
	case "location":
		m.Kind = kind
		m.Location = &Location{Latitude: content.first("lat", "latitude"), Longitude: content.first("long", "longitude"), Name: content.text("name"), Address: content.text("address")}
	default:
		m.Kind = kind
	}
	return m
}
