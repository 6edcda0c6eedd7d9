package provider

import "encoding/json"

var mailgunInbound = Provider{
	Name: "mailgun-inbound", MaxBody: maxMail, Schemes: []string{mailgunHMAC},
	fields: append([]field{{name: "signing_key", kind: secret, required: true}}, ticketFields...),
	verify: verifyMailgunInbound,
	events: mailgunInboundEvents,
}

// mailgunInboundEvents maps what a route posts: a parsed message, or a raw one
// where the URL ends in "mime".
func mailgunInboundEvents(r *Request, s *settings) Result {
	values, files, ok := r.form(true)
	if !ok {
		return unreadable("not a form")
	}
	var l *letter
	if raw, isRaw := values.lookup("body-mime"); isRaw {
		l = rawLetter([]byte(raw))
	} else {
		l = mailgunLetter(values, files)
	}
	l.envelopeTo = recipients(values.all("recipient"))
	if sender, ok := values.lookup("sender"); ok {
		l.envelopeFrom = &sender
	}
	return l.result(s)
}

func mailgunLetter(values pairs, files []file) *letter {
	var fields [][]string
	_ = json.Unmarshal([]byte(values.get("message-headers")), &fields) // without it the fields tell less
	var header pairs
	for _, f := range fields {
		if len(f) == 2 {
			header = append(header, pair{f[0], f[1]})
		}
	}
	var cids map[string]string
	_ = json.Unmarshal([]byte(values.get("content-id-map")), &cids) // it is there for some messages only
	l := &letter{
		head: headOf(header), subject: values.get("subject"), stripped: deref(values.text("stripped-text")),
		content: &content{text: values.text("body-plain"), html: values.text("body-html")},
		key:     digestKey([]byte(values.get("message-headers")), []byte(values.get("body-plain")), []byte(values.get("body-html"))),
	}
	if from := parseAddresses(values.get("from")); len(header) == 0 && len(from) > 0 {
		l.from = from[0]
	}
	for _, f := range files {
		m := f.media()
		for cid, key := range cids {
			if key == f.key {
				m.ContentID, m.Inline = trimBrackets(cid), true
			}
		}
		l.media = append(l.media, m)
	}
	return l
}

// text is a field of a message's text, nil where it did not come.
func (p pairs) text(key string) *string {
	value, ok := p.lookup(key)
	if !ok {
		return nil
	}
	value = plain([]byte(value))
	return tidy(&value)
}

func (f file) media() Media {
	return Media{Email: true, Filename: cleanName(f.name), ContentType: firstOf(f.contentType, "application/octet-stream"), Content: f.content}
}
