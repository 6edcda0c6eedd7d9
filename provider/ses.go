package provider

import "strings"

var ses = Provider{
	Name: "ses", MaxBody: maxCallback, Schemes: []string{snsScheme},
	fields: []field{
		{name: "topic_arns", kind: list, required: true}, {name: "require_signature_version_2", kind: flag},
		{name: "certs", kind: texts},
	},
	check:  checkSES,
	verify: verifySES,
	events: sesEvents,
}

func checkSES(s *settings, bad *problems) {
	for _, arn := range s.TopicARNs {
		if !strings.HasPrefix(arn, "arn:aws") || !strings.Contains(arn, ":sns:") {
			bad.add("topic_arns", "must hold ARNs of SNS topics, such as arn:aws:sns:eu-west-1:123456789012:ses-events")
			return
		}
	}
}

var sesTypes = map[string]string{
	"Send": emailSent, "Delivery": emailDelivered, "Bounce": emailBounced, "Complaint": emailComplained,
	"Reject": emailFailed, "Rendering Failure": emailFailed, "Open": emailOpened, "Click": emailClicked,
	"Subscription": emailUnsubscribed,
}

// sesEvents maps what SNS brings: an event of SES, or news of the subscription.
func sesEvents(r *Request, _ *settings) Result {
	envelope, ok := parseSNS(r.Body)
	if !ok {
		return unreadable("not a JSON object")
	}
	switch envelope.text("Type") {
	case snsConfirmation:
		return Result{Outcome: OutcomeConfirmation, Confirm: envelope.text("SubscribeURL")}
	case snsUnsubscribed:
		result := understood()
		result.ignore(snsUnsubscribed, "not an event")
		result.Alert = "the endpoint was unsubscribed from " + envelope.text("TopicArn") + ": no more callbacks will come from it"
		return result
	}
	result := understood()
	message, ok := parseObject([]byte(envelope.text("Message")))
	switch {
	case !ok && strings.HasPrefix(envelope.text("Message"), "Successfully validated SNS topic"):
		result.ignore("topic validation", "not an event")
	case !ok:
		result.ignore("", "not an event")
	default:
		sesEvent(&result, message, firstOf(envelope.text("MessageId"), digestKey(r.Body)))
	}
	return result
}

// sesEvent maps one event, which may be about several recipients.
func sesEvent(result *Result, message object, id string) {
	kind := message.first("eventType", "notificationType")
	mail := message.object("mail")
	e := Event{
		Type: sesTypes[kind], Channel: channelEmail, Direction: outbound,
		ProviderMessageID: optional(mail.text("messageId")), RawStatus: kind, OccurredAt: rfc3339(mail.text("timestamp")),
		sentSubject: mail.object("commonHeaders").text("subject"), sentFrom: bareAddress(mail.text("source")),
	}
	detail := message.object(strings.ToLower(kind))
	if at := rfc3339(detail.text("timestamp")); at != nil {
		e.OccurredAt = at
	}
	recipients := sesAddresses(mail.list("destination"))
	switch kind {
	case "DeliveryDelay":
		result.ignore(kind, whyTransient)
		return
	case "Delivery":
		recipients = firstAddresses(sesAddresses(detail.list("recipients")), recipients)
	case "Bounce":
		sesBounce(result, e, detail, id)
		return
	case "Complaint":
		if feedback := detail.text("complaintFeedbackType"); feedback != "" {
			e.RawStatus += "/" + feedback
		}
		recipients = firstAddresses(sesAddresses(detail.list("complainedRecipients")), recipients)
	case "Reject":
		e.Error = failure("", detail.text("reason"))
	case "Rendering Failure":
		e.Error = failure("", message.object("failure").text("errorMessage"))
	case "Click":
		e.URL = detail.text("link")
	case "Subscription":
		if !optedOut(detail.object("newTopicPreferences")) {
			result.ignore(kind, "no opt-out")
			return
		}
	case "Send", "Open":
	default:
		result.ignore(kind, whyUnknown)
		return
	}
	sesEach(result, e, recipients, id)
}

// sesBounce makes an event of each recipient, who each has a cause.
func sesBounce(result *Result, e Event, detail object, id string) {
	kind := detail.text("bounceType")
	e.RawStatus += "/" + kind
	if sub := detail.text("bounceSubType"); sub != "" {
		e.RawStatus += "/" + sub
	}
	if e.Bounce = "soft"; kind == "Permanent" {
		e.Bounce = "hard"
	}
	for _, recipient := range detail.objects("bouncedRecipients") {
		e.Error = failure(recipient.text("status"), recipient.text("diagnosticCode"))
		sesEach(result, e, []string{bareAddress(recipient.text("emailAddress"))}, id)
	}
	if len(detail.list("bouncedRecipients")) == 0 {
		sesEach(result, e, nil, id)
	}
}

func sesEach(result *Result, e Event, recipients []string, id string) {
	for _, recipient := range recipients {
		e.Recipient, e.DedupeKey = optional(recipient), id+":"+recipient
		result.add(e)
	}
	if len(recipients) == 0 {
		e.DedupeKey = id
		result.add(e)
	}
}

// sesAddresses are those of a list of addresses, or of objects that hold one.
func sesAddresses(list []any) []string {
	var addresses []string
	for _, element := range list {
		switch v := element.(type) {
		case string:
			addresses = append(addresses, bareAddress(v))
		case map[string]any:
			addresses = append(addresses, bareAddress(object(v).text("emailAddress")))
		}
	}
	return addresses
}

func firstAddresses(one, other []string) []string {
	if len(one) > 0 {
		return one
	}
	return other
}

// optedOut reports whether a change of preferences leaves any topic, or all.
func optedOut(preferences object) bool {
	if all, _ := preferences["unsubscribeAll"].(bool); all {
		return true
	}
	for _, topic := range preferences.objects("topicSubscriptionStatus") {
		if topic.text("subscriptionStatus") == "OptOut" {
			return true
		}
	}
	return false
}
