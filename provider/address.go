package provider

import (
	"net/mail"
	"regexp"
	"strings"
)

// address is a mailbox with the name that goes with it.
type address struct{ name, address string }

// parseAddresses reads a list of mailboxes. Where it breaks the rules it finds
// what looks like an address.
func parseAddresses(list string) []address {
	list = clip(plain([]byte(list)), maxField)
	parser := mail.AddressParser{WordDecoder: words()}
	if parsed, err := parser.ParseList(list); err == nil {
		var found []address
		for _, a := range parsed[:min(len(parsed), maxNames)] {
			found = append(found, address{plain([]byte(a.Name)), a.Address})
		}
		return found
	}
	var found []address
	for _, match := range addressLike.FindAllString(list, maxNames) {
		found = append(found, address{"", match})
	}
	return found
}

var addressLike = regexp.MustCompile(`[^\s<>()\[\],;:"@]+@[^\s<>()\[\],;:"@]+`)

// bareAddress is the mailbox alone, of text that may hold a name too.
func bareAddress(s string) string {
	if !strings.ContainsAny(s, "<\" ") {
		return s
	}
	if found := parseAddresses(s); len(found) > 0 {
		return found[0].address
	}
	return s
}

func firstAddress(list string) *string {
	if found := parseAddresses(list); len(found) > 0 {
		return &found[0].address
	}
	return optional(list)
}

func mailboxes(list []address) []string {
	var found []string
	for _, a := range list {
		found = append(found, a.address)
	}
	return found
}
