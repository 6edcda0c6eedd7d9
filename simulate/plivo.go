package simulate

import (
	"crypto/sha256"
	"strings"
)

var plivo = simulator{
	name: "plivo", schemes: []string{plivoV3, plivoV2}, secret: always("auth_token"), sign: signPlivo, id: uuid,
	header: map[string]string{"User-Agent": "Plivo"}, media: "https://media.plivo.com/Account/MAXXXX/Message/1/Media/",
	kinds: []kind{
		{name: "delivered", events: "message.delivered", write: plivoStatus("delivered", "SentTime=«plain»\nDeliveryReportTime=«plain»\nErrorCode=000")},
		{name: "queued", events: "message.queued", write: plivoStatus("queued", "")},
		{name: "sent", events: "message.sent", write: plivoStatus("sent", "SentTime=«plain»")},
		{name: "read", events: "message.read", about: "of a WhatsApp message", write: plivoStatus("read", "Type=whatsapp")},
		{name: "failed", events: "message.failed", about: "undelivered, with a code", write: plivoStatus("undelivered", "ErrorCode=300")},
		{name: "received", events: "message.received", about: "an SMS to your number", write: form(plivoText + "Type=sms\nText=Good day, is my order on its way?")},
		{name: "media", events: "message.received", about: "an MMS with a picture", write: form(plivoText + "Type=mms\nText=\nMediaCount=1\nMedia0=«media»")},
	},
}

const plivoText = "From=14155551234\nTo=14155559876\nMessageUUID=«id»\nTotalRate=0\nUnits=1\n"

func plivoStatus(status, more string) func(*draft) {
	if !strings.Contains(more, "Type=") {
		more += "\nType=sms"
	}
	return form("MessageUUID=«id»\nParentMessageUUID=«id»\nPartInfo=1 of 1\nTo=14155551234\nFrom=14155559876\nUnits=1\nTotalRate=0.00550\nTotalAmount=0.00550\n" +
		"MCC=310\nMNC=160\nQueuedTime=«plain»\nStatus=" + status + "\n" + strings.TrimSpace(more))
}

// signPlivo signs URL, form and nonce (V3), or path and nonce alone (V2).
func signPlivo(d *draft) error {
	path, query, _ := strings.Cut(d.url(), "?")
	version, nonce, signed := "V2", digits(20), []string{path}
	if d.scheme == plivoV3 {
		version, signed = "V3", []string{path, "?", query}
		if query != "" {
			signed = append(signed, ".")
		}
		for _, p := range sorted(d.pairs) {
			signed = append(signed, p.key, p.value)
		}
		signed = append(signed, ".")
	}
	d.header.Set("X-Plivo-Signature-"+version+"-Nonce", nonce)
	d.header.Set("X-Plivo-Signature-"+version, inBase64(mac(sha256.New, d.Config.AuthToken, append(signed, nonce)...)))
	return need("auth_token", d.Config.AuthToken)
}
