package simulate

var postmark = simulator{
	name: "postmark", schemes: []string{basicAuth, staticHeader}, secret: credentialSecret, sign: signCredentials, id: uuid,
	header: map[string]string{"User-Agent": "Postmark"},
	kinds: []kind{
		{name: "bounced", events: "email.bounced", about: "a hard bounce: the address is bad", write: postmarkBounce("Bounce", "HardBounce", "1")},
		{name: "soft-bounced", events: "email.bounced", about: "given up for another cause: blocked", write: postmarkBounce("Bounce", "Blocked", "100006")},
		{name: "delivered", events: "email.delivered", write: jsonBody(`{"RecordType":"Delivery","ServerID":23,"MessageID":"«id»","Recipient":"recipient@example.com","Tag":"order","Metadata":{"order":"7"},"DeliveredAt":"«time»","Details":"250 OK","MessageStream":"outbound"}`)},
		{name: "failed", events: "email.failed", about: "not sent: the API refused it", write: postmarkBounce("Bounce", "SMTPApiError", "100007")},
		{name: "opened", events: "email.opened", write: jsonBody(`{"RecordType":"Open","FirstOpen":true,"UserAgent":"Mozilla/5.0","MessageID":"«id»","ReceivedAt":"«time»","Recipient":"recipient@example.com","Geo":{},"MessageStream":"outbound"}`)},
		{name: "clicked", events: "email.clicked", write: jsonBody(`{"RecordType":"Click","ClickLocation":"HTML","OriginalLink":"https://example.com/offer","MessageID":"«id»","ReceivedAt":"«time»","Recipient":"recipient@example.com","MessageStream":"outbound"}`)},
		{name: "complained", events: "email.complained", about: "reported as spam", write: postmarkBounce("SpamComplaint", "SpamComplaint", "100001")},
		{name: "unsubscribed", events: "email.unsubscribed", about: "a suppression by the recipient", write: postmarkChange("true", `"ManualSuppression"`)},
		{name: "reactivated", about: "the suppression is lifted: no event", write: postmarkChange("false", "null")},
	},
}

func postmarkBounce(record, kind, code string) func(*draft) {
	return jsonBody(`{"RecordType":"` + record + `","ID":«number»,"Type":"` + kind + `","TypeCode":` + code + `,"ServerID":23,"Name":"` + kind +
		`","MessageID":"«id»","Description":"The server was unable to deliver your message.","Details":"smtp;550 5.1.1 The email account that you tried to reach does not exist.",` +
		`"Email":"recipient@example.com","From":"shop@example.com","BouncedAt":"«time»","DumpAvailable":true,"Inactive":true,"CanActivate":true,` +
		`"Subject":"Your order","MessageStream":"outbound","Metadata":{"order":"7"}}`)
}

func postmarkChange(suppressed, reason string) func(*draft) {
	return jsonBody(`{"RecordType":"SubscriptionChange","MessageID":"«id»","ServerID":23,"MessageStream":"outbound","ChangedAt":"«time»",` +
		`"Recipient":"«other»@example.com","Origin":"Recipient","SuppressSending":` + suppressed + `,"SuppressionReason":` + reason + `,"Tag":"","Metadata":{}}`)
}
