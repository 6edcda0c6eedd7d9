package simulate

import "encoding/json"

var email = simulator{
	name: "email", schemes: []string{basicAuth, staticHeader}, secret: credentialSecret, sign: signCredentials, id: messageID,
	kinds: kindsOfMail(func(d *draft, l letter) {
		d.header.Set("Content-Type", "message/rfc822")
		d.body = []byte(d.fill(l.raw(), plain))
		d.as = asQuery
		d.pairs = []pair{{"recipient", l.to}, {"sender", letterFrom}}
	}),
}

var sendgridInbound = simulator{
	name: "sendgrid-inbound", schemes: []string{sendgridECDSA, basicAuth}, id: messageID,
	header: map[string]string{"User-Agent": "SendGrid Inbound Parse"},
	sign: func(d *draft) error {
		if d.scheme == basicAuth || d.Config.Username != "" {
			if err := signCredentials(d); err != nil || d.scheme == basicAuth {
				return err
			}
		}
		return signSendGrid(d)
	},
	secret: func(scheme string) string {
		if scheme == basicAuth {
			return "password"
		}
		return ""
	},
	kinds: append(kindsOfMail(sendgridParsed), kind{
		name: "raw", events: "message.received", about: "the message as it is, for \"POST the raw, full MIME message\"",
		write: func(d *draft) {
			l := letter{to: "support@inbound.example.com", attached: true}
			sendgridParts(d, l, part{name: "email", content: d.fill(l.raw(), plain)})
		},
	}),
}

func sendgridParsed(d *draft, l letter) {
	parts := []part{
		{name: "headers", content: d.fill(l.header(), plain)}, {name: "text", content: letterText}, {name: "html", content: letterHTML},
		{name: "attachments", content: "0"}, {name: "dkim", content: "{@example.net : pass}"}, {name: "spam_score", content: "0.1"},
	}
	if l.attached {
		parts[3].content = "1"
		parts = append(parts, part{name: "attachment-info", content: `{"attachment1":{"filename":"` + letterFile + `","name":"` + letterFile + `","type":"text/plain"}}`},
			part{"attachment1", letterFile, "text/plain", letterContent})
	}
	sendgridParts(d, l, parts...)
}

func sendgridParts(d *draft, l letter, parts ...part) {
	d.multipart(append(parts,
		part{name: "to", content: l.to}, part{name: "from", content: "Zoe Doe <" + letterFrom + ">"}, part{name: "subject", content: letterSubject},
		part{name: "envelope", content: encode(map[string]any{"to": []string{l.to}, "from": letterFrom})},
		part{name: "charsets", content: `{"to":"UTF-8","subject":"UTF-8","from":"UTF-8","text":"utf-8","html":"utf-8"}`},
		part{name: "sender_ip", content: "203.0.113.7"}, part{name: "SPF", content: "pass"},
	))
}

var postmarkInbound = simulator{
	name: "postmark-inbound", schemes: []string{basicAuth, staticHeader}, secret: credentialSecret, sign: signCredentials, id: uuid,
	header: map[string]string{"User-Agent": "Postmark"},
	kinds: kindsOfMail(func(d *draft, l letter) {
		attachments := []any{}
		if l.attached {
			attachments = append(attachments, map[string]any{
				"Name": letterFile, "Content": inBase64([]byte(letterContent)), "ContentType": "text/plain", "ContentLength": len(letterContent), "ContentID": "",
			})
		}
		id := "<" + messageID() + ">"
		party := func(name, address string) map[string]any {
			return map[string]any{"Email": address, "Name": name, "MailboxHash": ""}
		}
		d.header.Set("Content-Type", "application/json")
		d.body = []byte(encode(map[string]any{
			"FromName": "Zoe Doe", "From": letterFrom, "FromFull": party("Zoe Doe", letterFrom), "To": l.to, "ToFull": []any{party("", l.to)},
			"Cc": "", "CcFull": []any{}, "Bcc": "", "BccFull": []any{}, "OriginalRecipient": l.to, "ReplyTo": "", "Subject": letterSubject,
			"MessageID": d.values["id"], "MessageStream": "inbound", "Date": d.values["date"], "MailboxHash": "", "Tag": "",
			"TextBody": letterText, "HtmlBody": letterHTML, "StrippedTextReply": letterReply, "Attachments": attachments,
			"Headers": []any{
				map[string]any{"Name": "Message-ID", "Value": id},
				map[string]any{"Name": "In-Reply-To", "Value": "<order-7@shop.example>"},
				map[string]any{"Name": "References", "Value": "<order-7@shop.example>"},
			},
		}))
	}),
}

var mailgunInbound = simulator{
	name: "mailgun-inbound", schemes: []string{mailgunHMAC}, secret: always("signing_key"), sign: checkMailgun, id: messageID,
	header: map[string]string{"User-Agent": "mailgun/treq-25.5.0"},
	kinds: append(kindsOfMail(mailgunParsed), kind{
		name: "raw", events: "message.received", about: "the message as it is, at a URL that ends in /mime",
		write: func(d *draft) {
			l := letter{to: "support@inbound.example.com", attached: true}
			d.suffix, d.as = "/mime", asForm
			d.pairs = []pair{{"recipient", l.to}, {"sender", letterFrom}, {"from", letterFrom}, {"subject", letterSubject}, {"body-mime", d.fill(l.raw(), plain)}}
			for _, p := range mailgunBlock(d) {
				d.add(p.name, p.content)
			}
		},
	}),
}

func mailgunParsed(d *draft, l letter) {
	var headers [][2]string
	for _, h := range l.headers() {
		headers = append(headers, [2]string{h[0], d.fill(h[1], plain)})
	}
	parts := append(mailgunBlock(d),
		part{name: "recipient", content: l.to}, part{name: "sender", content: letterFrom}, part{name: "from", content: `"Zoe Doe" <` + letterFrom + ">"},
		part{name: "subject", content: letterSubject}, part{name: "message-headers", content: encode(headers)},
		part{name: "body-plain", content: letterText}, part{name: "body-html", content: letterHTML}, part{name: "stripped-text", content: letterReply},
	)
	if l.attached {
		parts = append(parts, part{name: "attachment-count", content: "1"}, part{"attachment-1", letterFile, "text/plain", letterContent})
	}
	d.multipart(parts)
}

// mailgunBlock is what Mailgun signs: not the content.
func mailgunBlock(d *draft) []part {
	return []part{
		{name: "timestamp", content: d.values["unix"]}, {name: "token", content: d.values["token"]},
		{name: "signature", content: mailgunSignature(d)},
	}
}

// encode cannot fail for the maps and strings that it is given.
func encode(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return "null"
	}
	return string(raw)
}
