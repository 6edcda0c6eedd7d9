package simulate

import (
	"crypto/sha256"
	"encoding/hex"
)

var mailgun = simulator{
	name: "mailgun", schemes: []string{mailgunHMAC}, secret: always("signing_key"), sign: checkMailgun,
	header: map[string]string{"User-Agent": "mailgun/treq-25.5.0"},
	id:     func() string { return hexText(12) + "@mg.example.com" },
	kinds: []kind{
		{name: "bounced", events: "email.bounced", about: "failed for good: the address is bad",
			write: mailgunEvent(`"event":"failed","severity":"permanent","reason":"bounce","delivery-status":{"code":550,"message":"5.1.1 The email account that you tried to reach does not exist","attempt-no":1}`)},
		{name: "soft-bounced", events: "email.bounced", about: "given up as too old",
			write: mailgunEvent(`"event":"failed","severity":"permanent","reason":"old","delivery-status":{"code":602,"message":"Too old"}`)},
		{name: "sent", events: "email.sent", about: "accepted", write: mailgunEvent(`"event":"accepted"`)},
		{name: "delivered", events: "email.delivered", write: mailgunEvent(`"event":"delivered","delivery-status":{"code":250,"message":"OK","tls":true}`)},
		{name: "failed", events: "email.failed", about: "not sent, since the address is suppressed",
			write: mailgunEvent(`"event":"failed","severity":"permanent","reason":"suppress-bounce","delivery-status":{"code":605,"message":"","description":"Not delivering to previously bounced address"}`)},
		{name: "rejected", events: "email.failed", about: "refused by Mailgun; it names no recipient", write: mailgunRejected},
		{name: "opened", events: "email.opened", write: mailgunEvent(`"event":"opened","client-info":{"user-agent":"Mozilla/5.0","device-type":"desktop"},"ip":"203.0.113.7"`)},
		{name: "clicked", events: "email.clicked", write: mailgunEvent(`"event":"clicked","url":"https://example.com/offer","ip":"203.0.113.7"`)},
		{name: "complained", events: "email.complained", about: "reported as spam", write: mailgunEvent(`"event":"complained"`)},
		{name: "unsubscribed", events: "email.unsubscribed", write: mailgunEvent(`"event":"unsubscribed"`)},
		{name: "delayed", about: "failed for now: still tried, so no event",
			write: mailgunEvent(`"event":"failed","severity":"temporary","reason":"generic","delivery-status":{"code":451,"message":"try later","retry-seconds":600}`)},
	},
}

const mailgunHead = `{"signature":{"timestamp":"«unix»","token":"«token»","signature":"«signature»"},"event-data":{"id":"«other»","timestamp":«unix».25,"log-level":"info",` +
	`"message":{"headers":{"to":"recipient@example.com","message-id":"«id»","from":"shop@example.com","subject":"Your order"}},"tags":[],"user-variables":{},`

func mailgunEvent(fields string) func(*draft) {
	return mailgunText(mailgunHead + `"recipient":"recipient@example.com","recipient-domain":"example.com",` + fields + "}}")
}

func mailgunRejected(d *draft) {
	mailgunText(mailgunHead + `"event":"rejected","reject":{"reason":"Sandbox subdomains are for test purposes only.","description":""}}}`)(d)
}

func mailgunText(text string) func(*draft) {
	return func(d *draft) {
		d.values["signature"] = mailgunSignature(d)
		jsonBody(text)(d)
	}
}

// mailgunSignature covers timestamp and token.
func mailgunSignature(d *draft) string {
	return hex.EncodeToString(mac(sha256.New, d.Config.SigningKey, d.values["unix"], d.values["token"]))
}

// checkMailgun has nothing left to sign: it is done in the body.
func checkMailgun(d *draft) error { return need("signing_key", d.Config.SigningKey) }
