package simulate

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"strings"
)

var ses = simulator{
	name: "ses", schemes: []string{snsScheme}, secret: always(""), sign: signSNS,
	header: map[string]string{"User-Agent": "Amazon Simple Notification Service Agent", "Content-Type": "text/plain; charset=UTF-8"},
	id:     func() string { return "0100" + hexText(6) + "-" + uuid() + "-000000" },
	kinds: []kind{
		{name: "bounced", events: "email.bounced", about: "a permanent bounce", write: sesEvent("Bounce",
			`"bounce":{"bounceType":"Permanent","bounceSubType":"General","bouncedRecipients":[{"emailAddress":"recipient@example.com","action":"failed","status":"5.1.1","diagnosticCode":"smtp; 550 5.1.1 user unknown"}],"timestamp":"«stamp»","feedbackId":"«other»"}`)},
		{name: "soft-bounced", events: "email.bounced", about: "a transient bounce, given up", write: sesEvent("Bounce",
			`"bounce":{"bounceType":"Transient","bounceSubType":"MailboxFull","bouncedRecipients":[{"emailAddress":"recipient@example.com","action":"failed","status":"4.2.2","diagnosticCode":"smtp; 452 4.2.2 mailbox full"}],"timestamp":"«stamp»","feedbackId":"«other»"}`)},
		{name: "sent", events: "email.sent", write: sesEvent("Send", `"send":{}`)},
		{name: "delivered", events: "email.delivered", write: sesEvent("Delivery",
			`"delivery":{"timestamp":"«stamp»","processingTimeMillis":546,"recipients":["recipient@example.com"],"smtpResponse":"250 ok"}`)},
		{name: "failed", events: "email.failed", about: "rejected: bad content", write: sesEvent("Reject", `"reject":{"reason":"Bad content"}`)},
		{name: "rendering-failed", events: "email.failed", about: "a template that cannot be filled in",
			write: sesEvent("Rendering Failure", `"failure":{"errorMessage":"Attribute 'name' is not present in the rendering data.","templateName":"Order"}`)},
		{name: "opened", events: "email.opened", write: sesEvent("Open", `"open":{"timestamp":"«stamp»","userAgent":"Mozilla/5.0","ipAddress":"203.0.113.7"}`)},
		{name: "clicked", events: "email.clicked", write: sesEvent("Click", `"click":{"timestamp":"«stamp»","link":"https://example.com/offer","userAgent":"Mozilla/5.0"}`)},
		{name: "complained", events: "email.complained", about: "reported as spam", write: sesEvent("Complaint",
			`"complaint":{"complainedRecipients":[{"emailAddress":"recipient@example.com"}],"complaintFeedbackType":"abuse","timestamp":"«stamp»","feedbackId":"«other»"}`)},
		{name: "unsubscribed", events: "email.unsubscribed", about: "an opt-out by SES's subscription management", write: sesEvent("Subscription",
			`"subscription":{"contactList":"shop","timestamp":"«stamp»","source":"UnsubscribeHeader","newTopicPreferences":{"unsubscribeAll":true,"topicSubscriptionStatus":[]}}`)},
		{name: "delayed", about: "a delay: still tried, so no event", write: sesEvent("DeliveryDelay",
			`"deliveryDelay":{"timestamp":"«stamp»","delayType":"TransientCommunicationFailure","delayedRecipients":[{"emailAddress":"recipient@example.com","status":"4.4.1"}]}`)},
		{name: "validation", about: "SES tries the topic out: no event", write: sns("Notification", "Successfully validated SNS topic for Amazon SES event publishing.")},
		{name: "confirmation", about: "the subscription's: Posthorn asks Amazon for SubscribeURL, which refuses this one",
			write: sns("SubscriptionConfirmation", "You have chosen to subscribe to the topic. To confirm the subscription, visit the SubscribeURL included in this message.")},
		{name: "removal", about: "the endpoint was unsubscribed: Posthorn alerts", write: sns("UnsubscribeConfirmation", "You have chosen to deactivate the subscription.")},
	},
}

func sesEvent(kind, detail string) func(*draft) {
	return sns("Notification", `{"eventType":"`+kind+`","mail":{"timestamp":"«stamp»","source":"shop@example.com","sendingAccountId":"123456789012","messageId":"«id»",`+
		`"destination":["recipient@example.com"],"headersTruncated":false,"commonHeaders":{"from":["shop@example.com"],"to":["recipient@example.com"],"subject":"Your order"},"tags":{}},`+detail+"}\n")
}

// sns wraps a message in the envelope of SNS; signSNS completes it.
func sns(kind, message string) func(*draft) {
	return func(d *draft) {
		text := d.fill(message, plain)
		d.pairs = []pair{{"Type", kind}, {"MessageId", d.values["uuid"]}, {"TopicArn", first(append(d.Config.TopicARNs, "")...)}}
		if kind == "Notification" {
			d.add("Subject", "Amazon SES Email Event Notification")
		} else {
			d.add("Token", d.values["token"])
			d.add("SubscribeURL", "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&Token="+d.values["token"])
		}
		d.add("Message", text)
		d.add("Timestamp", d.values["stamp"])
		d.header.Set("X-Amz-Sns-Message-Type", kind)
		d.header.Set("X-Amz-Sns-Message-Id", d.values["uuid"])
		d.header.Set("X-Amz-Sns-Topic-Arn", d.pairs[2].value)
	}
}

// signSNS signs by version 2: RSA with SHA-256 over the fields in the order of
// their names, which is the documented one.
func signSNS(d *draft) error {
	switch {
	case len(d.Config.TopicARNs) == 0:
		return errors.New("its provider_config has no topic_arns")
	case d.Key == nil || d.CertificateURL == "":
		return errors.New("the key of an SNS certificate is missing, which only Amazon has: let simulate make an endpoint of its own, or name a file of certificates with their keys in POSTHORN_SNS_CERTS")
	}
	var b strings.Builder
	for _, p := range sorted(d.pairs) {
		b.WriteString(p.key + "\n" + p.value + "\n")
	}
	sum := sha256.Sum256([]byte(b.String()))
	signature, err := d.Key.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		return err
	}
	d.add("SignatureVersion", "2")
	d.add("Signature", inBase64(signature))
	d.add("SigningCertURL", d.CertificateURL)
	if d.pairs[0].value == "Notification" {
		d.add("UnsubscribeURL", "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn="+d.pairs[2].value+":"+d.values["uuid"])
	}
	contentType := d.header.Get("Content-Type")
	d.as = asJSON
	d.encode()
	d.header.Set("Content-Type", contentType)
	return nil
}
