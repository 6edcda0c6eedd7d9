package provider

import (
	"net/http"
	"strconv"
	"strings"
)

var (
	twilioSMS = Provider{
		Name: "twilio-sms", MaxBody: maxCallback, Schemes: []string{twilioSHA1}, fields: twilioFields,
		verify: verifyTwilio, events: func(r *Request, _ *settings) Result { return twilioEvents(r, channelSMS) },
	}
	twilioWhatsApp = Provider{
		Name: "twilio-whatsapp", MaxBody: maxCallback, Schemes: []string{twilioSHA1}, fields: twilioFields,
		verify: verifyTwilio, events: func(r *Request, _ *settings) Result { return twilioEvents(r, channelWhatsApp) },
	}
)

var twilioFields = []field{{name: "auth_token", kind: secret, required: true}, {name: "account_sid", kind: text}}

var twilioTypes = map[string]string{
	"accepted": messageQueued, "scheduled": messageQueued, "queued": messageQueued, "sending": messageQueued,
	"sent": messageSent, "delivered": messageDelivered, "read": messageRead,
	"undelivered": messageFailed, "failed": messageFailed, "canceled": messageFailed,
	"receiving": messageReceived, "received": messageReceived,
}

// emptyTwiML says that there is no reply. Any text would be sent as one.
const emptyTwiML = "<Response></Response>"

// twilioEvents maps a status callback or an incoming message.
func twilioEvents(r *Request, channel string) Result {
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
	sid := firstOf(p.get("MessageSid"), p.get("SmsSid"), p.get("SmsMessageSid"))
	status := firstOf(p.get("MessageStatus"), p.get("SmsStatus"))
	if _, hasBody := p.lookup("Body"); status == "" && hasBody {
		status = "received"
	}
	eventType, known := twilioTypes[strings.ToLower(status)]
	switch {
	case sid == "":
		return unreadable("no MessageSid")
	case !known:
		result.ignore(status, whyUnknown)
		return result
	}
	from, to := p.get("From"), p.get("To")
	if strings.HasPrefix(from, "whatsapp:") || strings.HasPrefix(to, "whatsapp:") {
		channel = channelWhatsApp
	}
	e := Event{
		Type: eventType, Channel: channel, Direction: outbound, ProviderMessageID: &sid, DedupeKey: sid + ":" + status,
		Recipient: optional(twilioAddress(to)), Sender: twilioAddress(from), RawStatus: status,
	}
	switch eventType {
	case messageReceived:
		e.Direction, e.DedupeKey, e.Message = inbound, sid, twilioMessage(p)
		result.Answer = Answer{Status: http.StatusOK, ContentType: "text/xml", Body: emptyTwiML}
	case messageFailed:
		if code := p.get("ErrorCode"); code != "0" {
			e.Error = failure(code, p.get("ErrorMessage"))
		}
	}
	result.add(e)
	return result
}

func twilioAddress(address string) string { return strings.TrimPrefix(address, "whatsapp:") }

func twilioMessage(p pairs) *Message {
	m := &Message{
		FromName: p.get("ProfileName"), Payload: p.get("ButtonPayload"), InReplyTo: p.get("OriginalRepliedMessageSid"),
	}
	if body, ok := p.lookup("Body"); ok {
		m.Text = &body
	}
	if p.get("Latitude") != "" && p.get("Longitude") != "" {
		m.Kind = "location"
		m.Location = &Location{Latitude: p.get("Latitude"), Longitude: p.get("Longitude"), Name: p.get("Label"), Address: p.get("Address")}
	}
	for i := range maxMedia {
		n := strconv.Itoa(i)
		address := p.get("MediaUrl" + n)
		if address == "" {
			break
		}
		m.Media = append(m.Media, Media{URL: address, ContentType: p.get("MediaContentType" + n)})
	}
	return m
}

// maxMedia bounds the files of one message.
const maxMedia = 100

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
