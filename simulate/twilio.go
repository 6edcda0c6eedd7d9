package simulate

import (
	"crypto/sha1" //nolint:gosec // Twilio's scheme is HMAC-SHA1
	"slices"
)

const twilioAccount = "AC00000000000000000000000000000000"

var twilioSMS = simulator{
	name: "twilio-sms", schemes: []string{twilioSHA1}, secret: always("auth_token"), sign: signTwilio,
	header: twilioHeader, id: func() string { return "SM" + hexText(16) },
	media: "https://api.twilio.com/2010-04-01/Accounts/" + twilioAccount + "/Messages/MM00000000000000000000000000000001/Media/ME",
	kinds: []kind{
		{name: "delivered", events: "message.delivered", write: twilioStatus("delivered", "")},
		{name: "queued", events: "message.queued", write: twilioStatus("queued", "")},
		{name: "sent", events: "message.sent", write: twilioStatus("sent", "")},
		{name: "failed", events: "message.failed", about: "undelivered, with a code", write: twilioStatus("undelivered", "ErrorCode=30003\nErrorMessage=Unreachable destination handset")},
		{name: "received", events: "message.received", about: "an SMS to your number", write: form(twilioSMSText + "NumMedia=0")},
		{name: "media", events: "message.received", about: "an MMS with a picture", write: form(twilioSMSText + "NumMedia=1\nMediaContentType0=image/png\nMediaUrl0=«media»")},
	},
}

var twilioWhatsApp = simulator{
	name: "twilio-whatsapp", schemes: []string{twilioSHA1}, secret: always("auth_token"), sign: signTwilio,
	header: twilioHeader, id: func() string { return "SM" + hexText(16) },
	media: "https://api.twilio.com/2010-04-01/Accounts/" + twilioAccount + "/Messages/MM00000000000000000000000000000001/Media/ME",
	kinds: []kind{
		{name: "delivered", events: "message.delivered", write: twilioChat("delivered", "")},
		{name: "queued", events: "message.queued", write: twilioChat("queued", "")},
		{name: "sent", events: "message.sent", write: twilioChat("sent", "")},
		{name: "read", events: "message.read", write: twilioChat("read", "EventType=READ")},
		{name: "failed", events: "message.failed", about: "undelivered, with a code", write: twilioChat("undelivered", "ErrorCode=63016\nErrorMessage=Failed to send freeform message")},
		{name: "received", events: "message.received", about: "a WhatsApp message to your number", write: form(twilioChatText + "MessageType=text\nNumMedia=0\nBody=Good day, is my order on its way?")},
		{name: "media", events: "message.received", about: "with a picture", write: form(twilioChatText + "MessageType=image\nNumMedia=1\nBody=This one\nMediaContentType0=image/png\nMediaUrl0=«media»")},
		{name: "reply", events: "message.received", about: "a button that was pressed",
			write: form(twilioChatText + "MessageType=button\nNumMedia=0\nBody=Yes\nButtonText=Yes\nButtonPayload=yes-1\nOriginalRepliedMessageSid=SM00000000000000000000000000000001")},
	},
}

var twilioHeader = map[string]string{
	"User-Agent": "TwilioProxy/1.1", "Content-Type": "application/x-www-form-urlencoded; charset=utf-8", "Accept": "*/*",
}

const (
	twilioIDs = "SmsSid=«id»\nMessageSid=«id»\nAccountSid=" + twilioAccount + "\nApiVersion=2010-04-01\n"

	twilioSMSText  = twilioIDs + "SmsMessageSid=«id»\nSmsStatus=received\nFrom=+15558675310\nTo=+15017122661\nToCountry=US\nNumSegments=1\nBody=Good day, is my order on its way?\n"
	twilioChatText = twilioIDs + "SmsMessageSid=«id»\nSmsStatus=received\nFrom=whatsapp:+5511999998888\nTo=whatsapp:+14155238886\nProfileName=Zoe\nWaId=5511999998888\n"
)

func twilioStatus(status, more string) func(*draft) {
	return form(twilioIDs + "SmsStatus=" + status + "\nMessageStatus=" + status + "\nFrom=+15017122661\nTo=+15558675310\n" + more)
}

func twilioChat(status, more string) func(*draft) {
	return form(twilioIDs + "SmsStatus=" + status + "\nMessageStatus=" + status +
		"\nFrom=whatsapp:+14155238886\nTo=whatsapp:+15558675310\nChannelPrefix=whatsapp\nChannelToAddress=+15558675310\n" + more)
}

// signTwilio signs the URL and the sorted parameters of the form.
func signTwilio(d *draft) error {
	texts := []string{d.url()}
	for _, p := range slices.Compact(sorted(d.pairs)) {
		texts = append(texts, p.key, p.value)
	}
	d.header.Set("X-Twilio-Signature", inBase64(mac(sha1.New, d.Config.AuthToken, texts...)))
	d.header.Set("I-Twilio-Idempotency-Token", d.values["uuid"])
	return need("auth_token", d.Config.AuthToken)
}
