package provider

import "encoding/base64"

var postmarkInbound = Provider{
	Name: "postmark-inbound", MaxBody: maxMail, Schemes: []string{basicAuth, staticHeader},
	fields: append(append([]field{}, credentialFields...), ticketFields...),
	check:  checkCredentials, verify: verifyCredentials,
	events: postmarkInboundEvents,
}

// postmarkInboundEvents maps a parsed message.
func postmarkInboundEvents(r *Request, s *settings) Result {
	o, ok := parseObject(r.Body)
	if !ok {
		return unreadable("not a JSON object")
	}
	if kind := o.text("RecordType"); kind != "" && kind != "Inbound" {
		result := understood()
		result.ignore(kind, "not an inbound message")
		return result
	}
	var header pairs
	for _, h := range o.objects("Headers") {
		header = append(header, pair{h.text("Name"), h.text("Value")})
	}
	if o.text("Date") != "" {
		header = append(header, pair{"Date", o.text("Date")})
	}
	l := &letter{
		id: o.text("MessageID"), key: digestKey(r.Body), head: headOf(header), subject: o.text("Subject"),
		content: &content{text: filled(o, "TextBody"), html: filled(o, "HtmlBody")}, stripped: deref(filled(o, "StrippedTextReply")),
		envelopeTo: recipients([]string{o.text("OriginalRecipient")}),
		to:         postmarkParties(o, "ToFull"), cc: postmarkParties(o, "CcFull"),
	}
	from := o.object("FromFull")
	l.from = address{from.text("Name"), from.text("Email")}
	for _, a := range o.objects("Attachments") {
		decoded, err := base64.StdEncoding.DecodeString(a.text("Content"))
		l.truncated = l.truncated || err != nil
		id := trimBrackets(a.text("ContentID"))
		l.media = append(l.media, Media{
			Email: true, Filename: cleanName(a.text("Name")), ContentType: firstOf(a.text("ContentType"), "application/octet-stream"),
			Content: decoded, ContentID: id, Inline: id != "",
		})
	}
	return l.result(s)
}

// filled is a text that Postmark sends empty where there is none.
func filled(o object, name string) *string { return tidy(optional(o.text(name))) }

func postmarkParties(o object, name string) []address {
	found := []address{}
	for _, party := range o.objects(name) {
		if mailbox := party.text("Email"); mailbox != "" && len(found) < maxNames {
			found = append(found, address{party.text("Name"), mailbox})
		}
	}
	return found
}
