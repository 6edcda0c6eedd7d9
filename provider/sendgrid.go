package provider

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
)

var sendgrid = Provider{
	Name: "sendgrid", MaxBody: maxCallback, Schemes: []string{sendgridECDSA},
	fields: []field{{name: "public_key", kind: lines, required: true}},
	check:  checkPublicKey,
	verify: verifySendGrid,
	events: sendgridEvents,
}

// sendgridTypes are the kinds of events; bounce and deferred are told apart
// further on.
var sendgridTypes = map[string]string{
	"processed": emailSent, "delivered": emailDelivered, "bounce": emailBounced, "dropped": emailFailed,
	"open": emailOpened, "click": emailClicked, "spamreport": emailComplained,
	"unsubscribe": emailUnsubscribed, "group_unsubscribe": emailUnsubscribed,
}

// sendgridEvents maps a batch: an array of events.
func sendgridEvents(r *Request, _ *settings) Result {
	decoder := newDecoder(r.Body)
	if start, err := decoder.Token(); err != nil || start != json.Delim('[') {
		if json.Valid(r.Body) {
			return unreadable("not an array")
		}
		return unreadable("not JSON")
	}
	result := understood()
	for decoder.More() {
		var raw json.RawMessage
		if decoder.Decode(&raw) != nil {
			return unreadable("not JSON")
		}
		if o, ok := parseObject(raw); ok {
			sendgridEvent(&result, o, raw)
		} else {
			result.ignore("", "not an object")
		}
	}
	if _, err := decoder.Token(); err != nil || decoder.More() {
		return unreadable("not JSON")
	}
	return result
}

func sendgridEvent(result *Result, o object, raw []byte) {
	kind := o.text("event")
	eventType, known := sendgridTypes[kind]
	switch {
	case kind == "deferred":
		result.ignore(kind, whyTransient)
		return
	case kind == "group_resubscribe" || strings.HasPrefix(kind, "account_"):
		result.ignore(kind, whyOther)
		return
	case !known:
		result.ignore(kind, whyUnknown)
		return
	}
	id, _, _ := strings.Cut(o.text("sg_message_id"), ".")
	e := Event{
		Type: eventType, Channel: channelEmail, Direction: outbound,
		ProviderMessageID: optional(id), DedupeKey: o.text("sg_event_id"),
		Recipient: optional(o.text("email")), OccurredAt: unix(o.text("timestamp")), RawStatus: kind,
	}
	if e.DedupeKey == "" {
		e.DedupeKey = digestKey(raw)
	}
	switch eventType {
	case emailBounced:
		e.Bounce = "hard"
		if t := o.text("type"); t != "" && t != "bounce" {
			e.Bounce = "soft"
		}
		e.Error = failure(o.text("status"), o.text("reason"))
	case emailFailed:
		e.Error = failure(o.text("status"), o.text("reason"))
	case emailClicked:
		e.URL = o.text("url")
	case emailOpened:
		if machine, ok := o["sg_machine_open"].(bool); ok {
			e.Machine = &machine
		}
	}
	result.add(e)
}

// digestKey stands for an id where the provider sent none.
func digestKey(content ...[]byte) string {
	h := sha256.New()
	for _, c := range content {
		h.Write(c)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}
