package provider

import (
	"net/http"
	"strings"
)

var messagebird = Provider{
	Name: "messagebird", MaxBody: maxCallback,
	choose: true, Schemes: []string{birdJWT, birdLegacy, birdHMAC, birdStandard},
	fields: []field{{name: "signing_key", kind: secret}, {name: "secret", kind: secret}},
	check:  checkMessageBird,
	verify: verifyMessageBird,
	events: messagebirdEvents,
}

// messagebirdTypes are the statuses of both platforms.
var messagebirdTypes = map[string]string{
	"scheduled": messageQueued, "accepted": messageQueued, "processing": messageQueued,
	"sent": messageSent, "buffered": messageSent, "delivered": messageDelivered, "read": messageRead,
	"expired": messageFailed, "delivery_failed": messageFailed, "sending_failed": messageFailed, "rejected": messageFailed,
}

// messagebirdEvents maps a status report or a message of the SMS API, in a
// query or a form, or an event of Bird's channels, in JSON.
func messagebirdEvents(r *Request, _ *settings) Result {
	var p pairs
	body, isJSON := object(nil), false
	switch {
	case r.readsQuery() || len(r.Body) == 0:
		p = parsePairs(r.query())
	case r.isForm():
		p = parsePairs(string(r.Body))
	default:
		body, isJSON = parseObject(r.Body)
		if !isJSON {
			return withOK(unreadable("neither a form nor a JSON object"))
		}
	}
	if isJSON && body.has("payload") {
		return withOK(birdEvents(body))
	}
	get := p.get
	if isJSON {
		get = body.text
	}
	return withOK(messagebirdSMS(get))
}

func withOK(result Result) Result {
	result.Answer = Answer{Status: http.StatusOK, ContentType: "text/plain", Body: "OK"}
	return result
}

func messagebirdSMS(get func(string) string) Result {
	result := understood()
	id, status := get("id"), get("status")
	e := Event{
		Channel: channelSMS, Direction: outbound, ProviderMessageID: &id, Recipient: optional(get("recipient")),
		RawStatus: status, ClientReference: get("reference"),
	}
	eventType, known := messagebirdTypes[status]
	switch {
	case id == "":
		return unreadable("no id")
	case status == "" && get("originator") != "":
		body := firstOf(get("body"), get("message"))
		e.Type, e.Direction, e.DedupeKey, e.RawStatus = messageReceived, inbound, id, "received"
		e.Sender, e.Message = get("originator"), &Message{Text: &body}
		e.OccurredAt = rfc3339(firstOf(get("createdDatetime"), get("receivedDatetime")))
	case !known:
		result.ignore(status, whyUnknown)
		return result
	default:
		e.Type, e.DedupeKey = eventType, id+":"+get("recipient")+":"+status
		e.OccurredAt = rfc3339(get("statusDatetime"))
		if eventType == messageFailed {
			e.Error = failure(get("statusErrorCode"), get("statusReason"))
		}
	}
	result.add(e)
	return result
}

// birdEvents maps an event of Bird: <channel>.outbound or <channel>.inbound.
func birdEvents(body object) Result {
	result := understood()
	payload := body.object("payload")
	channel, direction, _ := strings.Cut(body.text("event"), ".")
	id, status := payload.text("id"), payload.text("status")
	e := Event{
		Type: messagebirdTypes[status], Channel: channel, Direction: outbound, ProviderMessageID: &id, DedupeKey: id + ":" + status,
		OccurredAt: rfc3339(firstOf(payload.text("lastStatusAt"), body.text("createdAt"))), RawStatus: status,
		ClientReference: payload.text("reference"),
	}
	if contacts := payload.object("receiver").objects("contacts"); len(contacts) > 0 {
		e.Recipient = optional(contacts[0].text("identifierValue"))
	}
	switch {
	case id == "" || direction != inbound && direction != outbound:
		result.ignore(body.text("event"), whyUnknown)
		return result
	case direction == inbound:
		e.Type, e.Direction, e.DedupeKey, e.RawStatus = messageReceived, inbound, id, "received"
		e.OccurredAt = rfc3339(firstOf(payload.text("createdAt"), body.text("createdAt")))
		e.Sender = payload.object("sender").object("contact").text("identifierValue")
		e.Message = birdMessage(payload.object("body"))
		if connectors := payload.object("receiver").objects("connectors"); e.Recipient == nil && len(connectors) > 0 {
			e.Recipient = optional(connectors[0].text("identifierValue"))
		}
	case e.Type == "":
		result.ignore(status, whyUnknown)
		return result
	case e.Type == messageFailed:
		e.Error = failure(payload.object("failure").text("code"), firstOf(payload.text("reason"), payload.object("failure").text("description")))
	}
	result.add(e)
	return result
}

func birdMessage(body object) *Message {
	kind := body.text("type")
	content := body.object(kind)
	m := &Message{Text: content.optional("text")}
	for _, list := range []string{"images", "files"} {
		for _, file := range content.objects(list) {
			m.Media = append(m.Media, Media{URL: file.text("mediaUrl"), ContentType: file.text("contentType"), Filename: file.text("filename")})
		}
	}
	return m
}
