package provider

import (
	"regexp"
	"slices"
)

// How an email names a ticket, where the endpoint does not say otherwise: in
// the address that it is sent to, or in the id of a message that it answers,
// up to where the id of the ticket can end.
const (
	ticketAddress   = `^[^@]*\+([A-Za-z0-9][A-Za-z0-9._-]*)@`
	ticketReference = `^ticket-([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|[A-Za-z0-9_]+)[^@]*@`
)

func compile(custom, standard string) (*regexp.Regexp, error) {
	return regexp.Compile(firstOf(custom, standard))
}

// ticket finds the ticket that an email is about: by a recipient, never by the
// sender, else by the last message that it answers. "" if there is none.
func (s *settings) ticket(recipients, references []string) string {
	for _, r := range recipients {
		if id := group(s.ticketAddress, r); id != "" {
			return id
		}
	}
	for _, r := range slices.Backward(references) {
		if id := group(s.ticketReference, r); id != "" {
			return id
		}
	}
	return ""
}

func group(pattern *regexp.Regexp, s string) string {
	if pattern == nil {
		return ""
	}
	if match := pattern.FindStringSubmatch(s); len(match) > 1 {
		return match[1]
	}
	return ""
}
