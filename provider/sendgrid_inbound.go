package provider

import "slices"

var sendgridInbound = Provider{
	Name: "sendgrid-inbound", MaxBody: maxMail, Schemes: []string{sendgridECDSA, basicAuth},
	fields: append([]field{{name: "public_key", kind: lines}, {name: "username", kind: text}, {name: "password", kind: secret}}, ticketFields...),
	check:  checkSendGridInbound,
	verify: verifySendGridInbound,
	events: sendgridInboundEvents,
}

// sendgridInboundEvents maps what Inbound Parse posts: a parsed message, each
// of whose texts has a charset of its own, or a raw one.
func sendgridInboundEvents(r *Request, s *settings) Result {
	values, files, ok := r.form(true)
	if !ok {
		return unreadable("not a form")
	}
	var l *letter
	if raw, isRaw := values.lookup("email"); isRaw {
		l = rawLetter([]byte(raw))
	} else {
		l = sendgridLetter(values, files)
	}
	envelope, _ := parseObject([]byte(values.get("envelope")))
	for _, to := range envelope.list("to") {
		if s, ok := to.(string); ok {
			l.envelopeTo = append(l.envelopeTo, recipients([]string{s})...)
		}
	}
	if from, ok := envelope["from"].(string); ok {
		l.envelopeFrom = &from
	}
	return l.result(s)
}

func sendgridLetter(values pairs, files []file) *letter {
	charsets, _ := parseObject([]byte(values.get("charsets")))
	decoded := func(key string) *string {
		value, ok := values.lookup(key)
		if !ok {
			return nil
		}
		value = toUTF8(charsets.text(key), []byte(value))
		return &value
	}
	text := func(key string) string {
		if value := decoded(key); value != nil {
			return *value
		}
		return ""
	}
	h, _, cut := splitHeader([]byte(values.get("headers")))
	l := &letter{
		head: h, subject: text("subject"),
		content: &content{text: tidy(decoded("text")), html: tidy(decoded("html")), truncated: cut},
		key:     digestKey([]byte(values.get("headers")), []byte(values.get("text")), []byte(values.get("html"))),
	}
	if from := parseAddresses(text("from")); h.Get("From") == "" && len(from) > 0 {
		l.from = from[0]
	}
	if h.Get("To") == "" {
		l.to = parseAddresses(text("to"))
	}
	info, _ := parseObject([]byte(values.get("attachment-info")))
	for _, f := range files {
		l.media = append(l.media, sendgridFile(f, info.object(f.key)))
	}
	return l
}

func sendgridFile(f file, info object) Media {
	m := f.media()
	m.Filename = firstOf(cleanName(info.first("filename", "name")), m.Filename)
	if kind := info.text("type"); kind != "" && slices.Contains([]string{"application/octet-stream", ""}, f.contentType) {
		m.ContentType = kind
	}
	if id := trimBrackets(info.text("content-id")); id != "" {
		m.ContentID, m.Inline = id, true
	}
	return m
}
