package provider

import "strings"

var postmark = Provider{
	Name: "postmark", MaxBody: maxCallback, Schemes: []string{basicAuth, staticHeader},
	fields: credentialFields, check: checkCredentials, verify: verifyCredentials,
	events: postmarkEvents,
}

// postmarkBounce is what a type of bounce means: an event, and for a bounce
// how hard it is.
type postmarkBounce struct{ event, bounce string }

// postmarkBounces by type; those that are no event have none. Postmark sends
// a code too, by the same table.
var postmarkBounces = map[string]postmarkBounce{
	"HardBounce": {emailBounced, "hard"}, "BadEmailAddress": {emailBounced, "hard"},
	"Transient": {emailBounced, "soft"}, "DnsError": {emailBounced, "soft"}, "SpamNotification": {emailBounced, "soft"},
	"SoftBounce": {emailBounced, "soft"}, "VirusNotification": {emailBounced, "soft"}, "Unknown": {emailBounced, "soft"},
	"Blocked": {emailBounced, "soft"}, "DMARCPolicy": {emailBounced, "soft"},
	"SMTPApiError": {emailFailed, ""}, "TemplateRenderingFailed": {emailFailed, ""},
	"ManuallyDeactivated": {emailFailed, ""}, "Unconfirmed": {emailFailed, ""},
	"Unsubscribe": {emailUnsubscribed, ""}, "SpamComplaint": {emailComplained, ""},
	"Subscribe": {}, "AutoResponder": {}, "AddressChange": {}, "OpenRelayTest": {}, "ChallengeVerification": {},
}

var postmarkCodes = map[string]string{
	"1": "HardBounce", "100000": "BadEmailAddress", "2": "Transient", "256": "DnsError", "512": "SpamNotification",
	"4096": "SoftBounce", "8192": "VirusNotification", "2048": "Unknown", "100006": "Blocked", "100009": "DMARCPolicy",
	"100007": "SMTPApiError", "100010": "TemplateRenderingFailed", "100002": "ManuallyDeactivated", "100003": "Unconfirmed",
	"16": "Unsubscribe", "100001": "SpamComplaint", "32": "Subscribe", "64": "AutoResponder", "128": "AddressChange",
	"1024": "OpenRelayTest", "16384": "ChallengeVerification",
}

// postmarkEvents maps one record.
func postmarkEvents(r *Request, _ *settings) Result {
	o, ok := parseObject(r.Body)
	if !ok {
		return unreadable("not a JSON object")
	}
	result := understood()
	record := o.text("RecordType")
	e := Event{
		Channel: channelEmail, Direction: outbound, ProviderMessageID: optional(o.text("MessageID")),
		Recipient: optional(o.first("Recipient", "Email")), RawStatus: record,
		sentSubject: o.text("Subject"), sentFrom: bareAddress(o.text("From")),
	}
	when := o.first("DeliveredAt", "BouncedAt", "ReceivedAt", "ChangedAt")
	e.OccurredAt = rfc3339(when)
	key := []string{record, o.text("MessageID"), o.first("Recipient", "Email")}
	switch record {
	case "Delivery":
		e.Type = emailDelivered
	case "Open":
		e.Type, key = emailOpened, append(key, when)
	case "Click":
		e.Type, key, e.URL = emailClicked, append(key, when), o.text("OriginalLink")
	case "SpamComplaint":
		e.Type, key = emailComplained, []string{record, o.text("ID")}
	case "SubscriptionChange":
		postmarkSubscription(&result, &e, o)
		key = []string{record, o.text("Recipient"), when}
	case "Bounce":
		postmarkBounced(&result, &e, o)
		key = []string{record, o.text("ID")}
	default:
		result.ignore(record, whyUnknown)
	}
	if e.Type != "" {
		if e.DedupeKey = strings.Join(key, ":"); strings.HasSuffix(e.DedupeKey, ":") {
			e.DedupeKey = digestKey(r.Body) // an id is missing
		}
		result.add(e)
	}
	return result
}

func postmarkBounced(result *Result, e *Event, o object) {
	kind := o.text("Type")
	meaning, known := postmarkBounces[kind]
	if !known {
		meaning, known = postmarkBounces[postmarkCodes[o.text("TypeCode")]]
	}
	e.RawStatus += "/" + kind
	e.Type, e.Bounce = meaning.event, meaning.bounce
	switch {
	case !known:
		result.ignore(e.RawStatus, whyUnknown)
	case e.Type == "":
		result.ignore(e.RawStatus, whyOther)
	case e.Type == emailBounced || e.Type == emailFailed:
		e.Error = failure(o.text("TypeCode"), o.first("Details", "Description"))
	}
}

// postmarkSubscription knows of one change that no other record tells.
func postmarkSubscription(result *Result, e *Event, o object) {
	reason := o.text("SuppressionReason")
	if reason != "" {
		e.RawStatus += "/" + reason
	}
	suppressed, _ := o["SuppressSending"].(bool)
	switch {
	case suppressed && reason == "ManualSuppression":
		e.Type = emailUnsubscribed
	case suppressed && reason == "HardBounce":
		result.ignore(e.RawStatus, "reported by the Bounce webhook")
	case suppressed && reason == "SpamComplaint":
		result.ignore(e.RawStatus, "reported by the SpamComplaint webhook")
	case suppressed:
		result.ignore(e.RawStatus, whyUnknown)
	default:
		result.ignore(e.RawStatus, "reactivated")
	}
}
