package simulate

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
)

var (
	smsSchemes  = []string{birdJWT, birdLegacy}
	birdSchemes = []string{birdHMAC, birdStandard}
)

var messagebird = simulator{
	name: "messagebird", schemes: []string{birdJWT, birdLegacy, birdHMAC, birdStandard}, sign: signMessageBird, id: uuid,
	media: "https://media.nest.messagebird.com/workspaces/1/media/",
	secret: func(scheme string) string {
		if scheme == birdStandard {
			return "secret"
		}
		return "signing_key"
	},
	kinds: []kind{
		{name: "delivered", events: "message.delivered", schemes: smsSchemes, write: messagebirdStatus("delivered", "successfully delivered", "")},
		{name: "queued", events: "message.queued", about: "scheduled", schemes: smsSchemes, write: messagebirdStatus("scheduled", "", "")},
		{name: "sent", events: "message.sent", schemes: smsSchemes, write: messagebirdStatus("sent", "", "")},
		{name: "failed", events: "message.failed", schemes: smsSchemes, write: messagebirdStatus("delivery_failed", "unknown subscriber", "statusErrorCode=1")},
		{name: "received", events: "message.received", about: "an SMS to your number", schemes: smsSchemes,
			write: query("id=«id»\nrecipient=3197010240000\noriginator=31612345678\nbody=Good day, is my order on its way?\ncreatedDatetime=«time»")},
		{name: "delivered", events: "message.delivered", schemes: birdSchemes, write: birdStatus("delivered", "")},
		{name: "queued", events: "message.queued", about: "accepted", schemes: birdSchemes, write: birdStatus("accepted", "")},
		{name: "sent", events: "message.sent", schemes: birdSchemes, write: birdStatus("sent", "")},
		{name: "read", events: "message.read", schemes: birdSchemes, write: birdStatus("read", "")},
		{name: "failed", events: "message.failed", schemes: birdSchemes, write: birdStatus("delivery_failed", "unknown subscriber")},
		{name: "received", events: "message.received", about: "a message to your channel", schemes: birdSchemes,
			write: birdInbound(`"type":"text","text":{"text":"Good day, is my order on its way?"}`)},
		{name: "media", events: "message.received", about: "with a picture", schemes: birdSchemes,
			write: birdInbound(`"type":"image","image":{"text":"This one","images":[{"mediaUrl":"«media»","contentType":"image/png","filename":"picture.png"}]}`)},
	},
}

func messagebirdStatus(status, reason, more string) func(*draft) {
	return query("id=«id»\nmccmnc=20408\nported=0\nmessageLength=26\nmessagePartCount=1\nprice[amount]=0.06\nprice[currency]=EUR\nrecipient=31612345678\n" +
		"reference=order-7\nstatus=" + status + "\nstatusReason=" + reason + "\nstatusDatetime=«time»\n" + more)
}

func birdStatus(status, reason string) func(*draft) {
	return jsonBody(`{"service":"channels","event":"sms.outbound","payload":{"id":"«id»","channelId":"«uuid»","receiver":{"contacts":[{"identifierKey":"phonenumber","identifierValue":"+31612345678"}]},` +
		`"reference":"order-7","status":"` + status + `","reason":"` + reason + `","lastStatusAt":"«time»"},"createdAt":"«time»"}`)
}

func birdInbound(body string) func(*draft) {
	return jsonBody(`{"service":"channels","event":"whatsapp.inbound","payload":{"id":"«id»","channelId":"«uuid»","sender":{"contact":{"identifierKey":"phonenumber","identifierValue":"+31612345678"}},` +
		`"receiver":{"connectors":[{"identifierValue":"+3197010240000"}]},"body":{` + body + `},"status":"delivered","createdAt":"«time»"},"createdAt":"«time»"}`)
}

// signMessageBird signs by one of the four schemes.
func signMessageBird(d *draft) error {
	stamp := d.values["unix"]
	switch d.scheme {
	case birdJWT:
		claims := map[string]any{
			"iss": "MessageBird", "nbf": d.Now.Unix(), "exp": d.Now.Unix() + 60, "jti": d.values["uuid"], "url_hash": hexHash([]byte(d.url())),
		}
		if len(d.body) > 0 {
			claims["payload_hash"] = hexHash(d.body)
		}
		token, err := jwt(d.Config.SigningKey, claims)
		if err != nil {
			return err
		}
		d.header.Set("MessageBird-Signature-JWT", token)
	case birdStandard:
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(d.Config.Secret, "whsec_"))
		if err != nil {
			return errors.New("its secret is not whsec_ followed by base64")
		}
		id := "msg_" + d.values["other"]
		d.header.Set("Webhook-Id", id)
		d.header.Set("Webhook-Timestamp", stamp)
		d.header.Set("Webhook-Signature", "v1,"+inBase64(mac(sha256.New, string(key), id, ".", stamp, ".", string(d.body))))
		return need("secret", d.Config.Secret)
	default:
		covered := d.url()
		if d.scheme == birdLegacy {
			_, covered, _ = strings.Cut(d.url(), "?")
			if d.as == asQuery {
				covered = urlencoded(sorted(d.pairs))
			}
		}
		d.header.Set("MessageBird-Request-Timestamp", stamp)
		d.header.Set("MessageBird-Signature", inBase64(mac(sha256.New, d.Config.SigningKey, stamp, "\n", covered, "\n", string(hashOf(d.body)))))
	}
	return need("signing_key", d.Config.SigningKey)
}
