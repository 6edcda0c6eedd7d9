package provider

import "strings"

var email = Provider{
	Name: "email", MaxBody: maxMail, Schemes: []string{basicAuth, staticHeader},
	fields: append(append([]field{}, credentialFields...), ticketFields...),
	check:  checkCredentials, verify: verifyCredentials,
	events: emailEvents,
}

// emailEvents maps a raw message (RFC 5322). The envelope, which says more than
// To and From do, is in the query or in headers of the request.
func emailEvents(r *Request, s *settings) Result {
	if len(r.Body) == 0 {
		return unreadable("empty")
	}
	l := rawLetter(r.Body)
	query := parsePairs(r.query())
	l.envelopeTo = recipients(append(query.all("recipient"), r.Header.Values("X-Envelope-To")...))
	sender, known := query.lookup("sender")
	if values := r.Header.Values("X-Envelope-From"); !known && len(values) > 0 {
		sender, known = values[0], true
	}
	if known {
		l.envelopeFrom, l.sender = &sender, bareAddress(trimBrackets(sender))
	}
	return l.result(s)
}

// rawLetter reads a message as it came over SMTP.
func rawLetter(raw []byte) *letter {
	h, c := parseMIME(raw)
	return &letter{head: h, content: c, key: digestKey(raw)}
}

// recipients are the mailboxes of an envelope, each value one or several.
func recipients(values []string) []string {
	var found []string
	for _, value := range values {
		if !strings.Contains(value, "@") {
			continue
		}
		found = append(found, mailboxes(parseAddresses(value))...)
	}
	return found
}
