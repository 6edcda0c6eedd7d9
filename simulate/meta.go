package simulate

import (
	"crypto/sha256"
	"encoding/hex"
)

var meta = simulator{
	name: "meta", schemes: []string{metaHMAC}, secret: always("app_secret"), sign: signMeta,
	header: map[string]string{"User-Agent": "facebookexternalua"},
	id:     func() string { return "wamid.HBgL" + base64Text(24) },
	kinds: []kind{
		{name: "delivered", events: "message.delivered", write: metaStatus(`"status":"delivered","pricing":{"billable":true,"pricing_model":"PMP","category":"utility"}`)},
		{name: "sent", events: "message.sent", write: metaStatus(`"status":"sent"`)},
		{name: "read", events: "message.read", write: metaStatus(`"status":"read"`)},
		{name: "failed", events: "message.failed", write: metaStatus(`"status":"failed","errors":[{"code":131026,"title":"Message undeliverable","message":"Message undeliverable","error_data":{"details":"Message Undeliverable."}}]`)},
		{name: "received", events: "message.received", about: "a WhatsApp message to your number", write: metaMessage(`"type":"text","text":{"body":"Good day, is my order on its way?"}`)},
		{name: "media", events: "message.received", about: "with a picture, which is fetched by its id; access_token is needed",
			write: metaMessage(`"type":"image","image":{"id":"«number»","mime_type":"image/png","sha256":"«token»","caption":"This one"}`)},
		{name: "reply", events: "message.received", about: "a button that was pressed",
			write: metaMessage(`"type":"interactive","context":{"from":"15550783881","id":"wamid.HBgLOUT"},"interactive":{"type":"button_reply","button_reply":{"id":"yes-1","title":"Yes"}}`)},
		{name: "reaction", events: "message.received", write: metaMessage(`"type":"reaction","reaction":{"message_id":"wamid.HBgLOUT","emoji":"\ud83d\udc4d"}`)},
		{name: "batch", events: "message.sent message.delivered", about: "several statuses at once", write: metaValue(`"statuses":[` + metaStatusText(`"status":"sent"`) + "," + metaStatusText(`"status":"delivered"`) + "]")},
		{name: challenge, about: "the GET by which Meta checks the URL: its text is answered", write: metaChallenge},
	},
}

// metaValue is a change of one business account.
func metaValue(content string) func(*draft) {
	return jsonBody(`{"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":[{"value":{"messaging_product":"whatsapp",` +
		`"metadata":{"display_phone_number":"15550783881","phone_number_id":"106540352242922"},` + content + `},"field":"messages"}]}]}`)
}

func metaStatusText(fields string) string {
	return `{"id":"«id»","timestamp":"«unix»","recipient_id":"16505551234",` + fields + "}"
}

func metaStatus(fields string) func(*draft) {
	return metaValue(`"statuses":[` + metaStatusText(fields) + "]")
}

func metaMessage(fields string) func(*draft) {
	return metaValue(`"contacts":[{"profile":{"name":"Zo\u00eb"},"wa_id":"16505551234"}],"messages":[{"from":"16505551234","id":"«id»","timestamp":"«unix»",` + fields + "}]")
}

func metaChallenge(d *draft) {
	query("hub.mode=subscribe\nhub.challenge=«number»")(d)
	d.add("hub.verify_token", d.Config.VerifyToken)
}

// signMeta signs the body as it is sent.
func signMeta(d *draft) error {
	if d.as == asQuery {
		return need("verify_token", d.Config.VerifyToken)
	}
	d.header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac(sha256.New, d.Config.AppSecret, string(d.body))))
	return need("app_secret", d.Config.AppSecret)
}
