package provider

import (
	"strconv"
	"strings"
)

var plivo = Provider{
	Name: "plivo", MaxBody: maxCallback, Schemes: []string{plivoV2, plivoV3},
	fields: []field{{name: "auth_token", kind: secret, required: true}},
	verify: verifyPlivo,
	events: plivoEvents,
}

var plivoTypes = map[string]string{
	"queued": messageQueued, "sent": messageSent, "delivered": messageDelivered, "read": messageRead,
	"undelivered": messageFailed, "failed": messageFailed, "rejected": messageFailed,
}

// plivoEvents maps a delivery report or an incoming message.
func plivoEvents(r *Request, _ *settings) Result {
	var p pairs
	switch {
	case r.readsQuery():
		p = parsePairs(r.query())
	case r.isForm():
		p = parsePairs(string(r.Body))
	default:
		return unreadable("not a form")
	}
	result := understood()
	id, status := p.get("MessageUUID"), p.get("Status")
	if id == "" {
		return unreadable("no MessageUUID")
	}
	e := Event{
		Channel: channelSMS, Direction: outbound, ProviderMessageID: &id, DedupeKey: id + ":" + status,
		Recipient: optional(p.get("To")), Sender: p.get("From"), RawStatus: status,
	}
	if strings.EqualFold(p.get("Type"), channelWhatsApp) {
		e.Channel = channelWhatsApp
	}
	if _, hasText := p.lookup("Text"); status == "" && (hasText || p.get("Media0") != "") {
		e.Type, e.Direction, e.DedupeKey, e.RawStatus = messageReceived, inbound, id, "received"
		e.Message = plivoMessage(p)
		result.add(e)
		return result
	}
	eventType, known := plivoTypes[strings.ToLower(status)]
	if !known {
		result.ignore(status, whyUnknown)
		return result
	}
	e.Type = eventType
	e.OccurredAt = stamp(firstOf(p.get("DeliveryReportTime"), p.get("SentTime"), p.get("QueuedTime")), "2006-01-02 15:04:05")
	if code := p.get("ErrorCode"); eventType == messageFailed && code != "000" && code != "0" {
		e.Error = failure(code, "")
	}
	result.add(e)
	return result
}

func plivoMessage(p pairs) *Message {
	m := &Message{}
	if body, ok := p.lookup("Text"); ok {
		m.Text = &body
	}
	for i := range maxMedia {
		address := p.get("Media" + strconv.Itoa(i))
		if address == "" {
			break
		}
		m.Media = append(m.Media, Media{URL: address})
	}
	return m
}
