package simulate

import (
	"crypto"
	"crypto/rand"
	"errors"
	"strconv"
	"strings"
)

var sendgrid = simulator{
	name: "sendgrid", schemes: []string{sendgridECDSA}, secret: always(""), sign: signSendGrid,
	header: map[string]string{"User-Agent": "SendGrid Event API"},
	id:     func() string { return base64Text(16) },
	kinds: []kind{
		{name: "bounced", events: "email.bounced", about: "a hard bounce: the address is bad",
			write: sendgridEvents(`"event":"bounce","type":"bounce","status":"5.1.1","reason":"550 5.1.1 The email account that you tried to reach does not exist"`)},
		{name: "soft-bounced", events: "email.bounced", about: "given up for another cause: blocked",
			write: sendgridEvents(`"event":"bounce","type":"blocked","status":"5.2.2","reason":"552 5.2.2 The email account that you tried to reach is over quota"`)},
		{name: "sent", events: "email.sent", about: "processed", write: sendgridEvents(`"event":"processed"`)},
		{name: "delivered", events: "email.delivered", write: sendgridEvents(`"event":"delivered","response":"250 OK"`)},
		{name: "failed", events: "email.failed", about: "dropped before sending", write: sendgridEvents(`"event":"dropped","reason":"Bounced Address","status":"5.0.0"`)},
		{name: "opened", events: "email.opened",
			write: sendgridEvents(`"event":"open","useragent":"Mozilla/5.0","ip":"203.0.113.7","sg_machine_open":false`)},
		{name: "clicked", events: "email.clicked", write: sendgridEvents(`"event":"click","url":"https://example.com/offer","useragent":"Mozilla/5.0","ip":"203.0.113.7"`)},
		{name: "complained", events: "email.complained", about: "reported as spam", write: sendgridEvents(`"event":"spamreport"`)},
		{name: "unsubscribed", events: "email.unsubscribed", write: sendgridEvents(`"event":"unsubscribe"`)},
		{name: "delayed", about: "deferred: still tried, so no event", write: sendgridEvents(`"event":"deferred","attempt":"1","response":"451 try later"`)},
		{name: "batch", events: "email.sent email.delivered", about: "several events at once",
			write: sendgridEvents(`"event":"processed"`, `"event":"delivered","response":"250 OK"`)},
	},
}

// sendgridEvents is a batch. SendGrid ends each event with CRLF, and signs that.
func sendgridEvents(events ...string) func(*draft) {
	var list []string
	for i, event := range events {
		list = append(list, `{"email":"recipient@example.com","timestamp":«unix»,"smtp-id":"<«id»@geopod-ismtpd-1>",`+event+
			`,"sg_event_id":"«other»`+strconv.Itoa(i)+`","sg_message_id":"«id».recvd-5bc6d8c6b-ml9xd-1-6650A5B1-3B.0"}`)
	}
	return jsonBody("[" + strings.Join(list, ",\r\n") + "]\r\n")
}

// signSendGrid signs timestamp and body (ECDSA on P-256, ASN.1).
func signSendGrid(d *draft) error {
	if d.Key == nil {
		return errors.New("the private key is missing, which only SendGrid has: let simulate make an endpoint of its own, or give the key that belongs to public_key")
	}
	signature, err := d.Key.Sign(rand.Reader, hashOf(append([]byte(d.values["unix"]), d.body...)), crypto.SHA256)
	if err != nil {
		return err
	}
	d.header.Set("X-Twilio-Email-Event-Webhook-Timestamp", d.values["unix"])
	d.header.Set("X-Twilio-Email-Event-Webhook-Signature", inBase64(signature))
	return nil
}
