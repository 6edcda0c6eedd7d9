package provider

import "strings"

// letter is an incoming email, however it came.
type letter struct {
	id   string // the provider's, where it has one of its own
	key  string // for the dedup key where there is no id at all
	head head
	*content

	envelopeTo   []string
	envelopeFrom *string // nil where it is not known
	sender       string  // where it is not that of From
	from         address // where the header does not tell; likewise subject, to, cc
	subject      string
	to, cc       []address
	stripped     string
}

// result makes an event of an email, and a second one where it names a ticket.
func (l *letter) result(s *settings) Result {
	from, to, cc := l.parties()
	recipients := append(l.envelopeTo, mailboxes(to)...)
	messageID := l.head.id("Message-Id")
	id := firstOf(l.id, messageID)
	e := Event{
		Type: messageReceived, Channel: channelEmail, Direction: inbound, RawStatus: "received",
		ProviderMessageID: optional(id), DedupeKey: firstOf(id, l.key),
		Sender: firstOf(l.sender, from.address), OccurredAt: l.head.date(),
		Message: &Message{
			Text: l.text, Media: l.media, FromName: from.name, InReplyTo: l.head.id("In-Reply-To"), StrippedTxt: l.stripped,
			Email: &Email{
				Subject: optional(firstOf(l.head.text("Subject"), l.subject)), HTML: l.html, MessageID: optional(messageID),
				References: l.head.ids("References"), To: mailboxes(to), CC: mailboxes(cc), Truncated: l.truncated,
				NullSender: l.nullSender(), AutoSubmitted: l.automatic(),
			},
		},
	}
	if e.Sender != from.address {
		e.Message.Email.From = from.address
	}
	if len(recipients) > 0 {
		e.Recipient = optional(recipients[0])
	}
	result := understood()
	result.add(e)
	if ticket := s.ticket(append(recipients, mailboxes(cc)...), append(l.head.ids("References"), l.head.ids("In-Reply-To")...)); ticket != "" {
		e.Type, e.TicketID, e.DedupeKey = messageCreated, ticket, e.DedupeKey+":ticket:"+ticket
		result.add(e)
	}
	return result
}

func (l *letter) parties() (from address, to, cc []address) {
	from, to, cc = l.from, l.to, l.cc
	if found := parseAddresses(l.head.Get("From")); from.address == "" && len(found) > 0 {
		from = found[0]
	}
	if to == nil {
		to = parseAddresses(l.head.Get("To"))
	}
	if cc == nil {
		cc = parseAddresses(l.head.Get("Cc"))
	}
	return from, to, cc
}

// nullSender tells a report, such as a bounce, which must not be answered.
func (l *letter) nullSender() bool {
	if l.envelopeFrom != nil {
		return trimBrackets(*l.envelopeFrom) == ""
	}
	return l.head.Has("Return-Path") && trimBrackets(l.head.Get("Return-Path")) == ""
}

// automatic tells what no human being sent.
func (l *letter) automatic() bool {
	value, _, _ := strings.Cut(l.head.Get("Auto-Submitted"), ";")
	value = strings.TrimSpace(value)
	return value != "" && !strings.EqualFold(value, "no")
}
