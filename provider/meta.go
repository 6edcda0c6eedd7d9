package provider

import "net/http"

var meta = Provider{
	Name: "meta", MaxBody: maxCallback, Schemes: []string{metaHMAC, metaChallenge},
	fields: []field{
		{name: "app_secret", kind: secret}, {name: "verify_token", kind: secret}, {name: "access_token", kind: secret},
	},
	check:  checkMeta,
	verify: verifyMeta,
	events: metaEvents,
}

// checkMeta wants one of the two secrets: an endpoint may have the challenge
// behind it, or still before it. What is not set verifies nothing.
func checkMeta(s *settings, bad *problems) {
	if s.AppSecret == "" && s.VerifyToken == "" {
		bad.add("app_secret", "is required")
		bad.add("verify_token", "is required")
	}
}

var metaTypes = map[string]string{
	"sent": messageSent, "delivered": messageDelivered, "read": messageRead, "failed": messageFailed,
	// Of Gupshup, which sends the same format.
	"enqueued": messageQueued,
}

// metaEvents maps a batch of statuses and messages, or answers a challenge.
func metaEvents(r *Request, _ *settings) Result {
	if r.readsQuery() {
		challenge := parsePairs(r.query()).get("hub.challenge")
		// As text/plain: in HTML it could hold a script.
		return Result{Outcome: OutcomeChallenge, Answer: Answer{Status: http.StatusOK, ContentType: "text/plain", Body: challenge}}
	}
	body, ok := parseObject(r.Body)
	if !ok {
		return unreadable("not a JSON object")
	}
	return cloudEvents(body, metaStatus)
}

// cloudEvents walks the format of the WhatsApp Cloud API. What a status says
// of ids differs between Meta and Gupshup.
func cloudEvents(body object, finish func(e *Event, status, metadata object)) Result {
	result := understood()
	if kind := body.text("object"); kind != "whatsapp_business_account" {
		result.ignore("object:"+kind, "not WhatsApp")
		return result
	}
	for _, entry := range body.objects("entry") {
		for _, change := range entry.objects("changes") {
			if name := change.text("field"); name != "messages" {
				result.ignore("field:"+name, whyNoMessage)
				continue
			}
			value := change.object("value")
			for _, status := range value.objects("statuses") {
				cloudStatus(&result, status, value.object("metadata"), finish)
			}
			for _, message := range value.objects("messages") {
				cloudMessage(&result, message, value)
			}
		}
	}
	return result
}

func cloudStatus(result *Result, status, metadata object, finish func(e *Event, status, metadata object)) {
	raw := status.text("status")
	eventType, known := metaTypes[raw]
	switch {
	case status.first("gs_id", "id") == "":
		result.ignore(raw, "no id")
		return
	case raw == "deleted" || raw == "warning":
		result.ignore(raw, whyNoEvent)
		return
	case !known:
		result.ignore(raw, whyUnknown)
		return
	}
	e := Event{
		Type: eventType, Channel: channelWhatsApp, Direction: outbound,
		Recipient: optional(status.text("recipient_id")), OccurredAt: unixEither(status.text("timestamp")), RawStatus: raw,
		ClientReference: status.text("biz_opaque_callback_data"),
	}
	if errors := status.objects("errors"); eventType == messageFailed && len(errors) > 0 {
		e.Error = failure(errors[0].text("code"), firstOf(errors[0].first("title", "message"), errors[0].object("error_data").text("details")))
	}
	finish(&e, status, metadata)
	result.add(e)
}

func metaStatus(e *Event, status, metadata object) {
	e.ProviderMessageID = optional(status.text("id"))
	e.DedupeKey = status.text("id") + ":" + e.RawStatus
	e.Sender = metadata.text("display_phone_number")
}
