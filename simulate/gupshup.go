package simulate

var gupshup = simulator{
	name: "gupshup", schemes: []string{staticHeader, basicAuth}, secret: credentialSecret, sign: signCredentials, id: uuid,
	media: "https://filemanager.gupshup.io/wa/1/wa/media/",
	kinds: []kind{
		{name: "delivered", events: "message.delivered", write: gupshupStatus("delivered", `"ts":«unix»`)},
		{name: "queued", events: "message.queued", about: "enqueued",
			write: gupshupEvent(`"id":"«id»","type":"enqueued","destination":"919812345678","payload":{"whatsappMessageId":"gBEG«other»","type":"session"}`)},
		{name: "sent", events: "message.sent", write: gupshupStatus("sent", `"ts":«unix»`)},
		{name: "read", events: "message.read", write: gupshupStatus("read", `"ts":«unix»`)},
		{name: "failed", events: "message.failed",
			write: gupshupEvent(`"id":"«id»","type":"failed","destination":"919812345678","payload":{"code":1005,"reason":"Message sending failed as user is inactive for session message and template did not match"}`)},
		{name: "received", events: "message.received", about: "a WhatsApp message to your number", write: gupshupMessage(`"type":"text","payload":{"text":"Good day, is my order on its way?"}`)},
		{name: "media", events: "message.received", about: "with a picture",
			write: gupshupMessage(`"type":"image","payload":{"caption":"This one","url":"«media»","contentType":"image/png","urlExpiry":«milliseconds»}`)},
		{name: "sandbox", about: "sandbox-start, without which Gupshup does not save the URL: no event",
			write: jsonBody(`{"app":"DemoApp","timestamp":«milliseconds»,"version":2,"type":"user-event","payload":{"phone":"callbackSetPhone","type":"sandbox-start"}}`)},
		{name: "v3-delivered", events: "message.delivered", about: "in format v3", write: gupshupV3(`"statuses":[{"gs_id":"«id»","id":"wamid.«other»","recipient_id":"919812345678","status":"delivered","timestamp":"«unix»"}]`)},
		{name: "v3-failed", events: "message.failed", about: "in format v3",
			write: gupshupV3(`"statuses":[{"gs_id":"«id»","id":"wamid.«other»","recipient_id":"919812345678","status":"failed","timestamp":"«unix»","errors":[{"code":131026,"title":"Message undeliverable"}]}]`)},
		{name: "v3-received", events: "message.received", about: "in format v3",
			write: gupshupV3(`"contacts":[{"profile":{"name":"Zoe"},"wa_id":"919512345674"}],"messages":[{"from":"919512345674","id":"wamid.«id»","timestamp":"«unix»","type":"text","text":{"body":"Good day"}}]`)},
	},
}

func gupshupEvent(payload string) func(*draft) {
	return jsonBody(`{"app":"DemoApp","timestamp":«milliseconds»,"version":2,"type":"message-event","payload":{` + payload + "}}")
}

// gupshupStatus is one of a message that has reached WhatsApp.
func gupshupStatus(status, payload string) func(*draft) {
	return gupshupEvent(`"id":"gBEG«other»","gsId":"«id»","type":"` + status + `","destination":"919812345678","payload":{` + payload + "}")
}

func gupshupMessage(content string) func(*draft) {
	return jsonBody(`{"app":"DemoApp","timestamp":«milliseconds»,"version":2,"type":"message","payload":{"id":"ABEG«id»","source":"919512345674",` + content +
		`,"sender":{"phone":"919512345674","name":"Zoe","country_code":"91","dial_code":"9512345674"}}}`)
}

func gupshupV3(value string) func(*draft) {
	return jsonBody(`{"entry":[{"changes":[{"field":"messages","value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"919800000008","phone_number_id":"158072934066266"},` +
		value + `}}],"id":"112535025189792"}],"gs_app_id":"82ed52f4-30c0-4f12-81b4-e7ad07bd41de","object":"whatsapp_business_account"}`)
}
