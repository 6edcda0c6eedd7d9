package provider

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnEmailThatNamesATicketIsAMessageOfIt(t *testing.T) {
	t.Parallel()
	const id = "0190f1c2-7a5b-7c3d-8e4f-0123456789ab"
	for name, c := range map[string]struct {
		url, header, ticket string
		fields              map[string]any
	}{
		"nothing":               {"", "To: support@x.example", "", nil},
		"To":                    {"", "To: Help <support+42@x.example>", "42", nil},
		"Cc":                    {"", "To: a@x.example\r\nCc: b@x.example, support+" + id + "@x.example", id, nil},
		"envelope before To":    {"?recipient=support%2B7@x.example", "To: support+8@x.example", "7", nil},
		"never the sender":      {"?sender=a%2B1@x.example", "From: zoe+42@x.example\r\nTo: support@x.example", "", nil},
		"empty":                 {"", "To: support+@x.example", "", nil},
		"References":            {"", "To: a@x.example\r\nReferences: <z@x> <ticket-" + id + "-3@x.example> <y@x>", id, nil},
		"In-Reply-To":           {"", "In-Reply-To: <ticket-42.reply@x.example>", "42", nil},
		"plain reference":       {"", "In-Reply-To: <ticket-42@x.example>", "42", nil},
		"the latest reference":  {"", "References: <ticket-1@x> <ticket-2@x>", "2", nil},
		"no ticket's reference": {"", "References: <myticket-1@x> <ticket-@x>", "", nil},
		"own pattern":           {"", "To: case.77@x.example, support+42@x.example", "77", map[string]any{"ticket_address": `^case\.([0-9]+)@`}},
		"own reference":         {"", "References: <c77@x>", "77", map[string]any{"ticket_reference": `^c([0-9]+)@`}},
	} {
		r := &Request{Method: http.MethodPost, URL: callbackURL + c.url, Header: http.Header{}, Body: []byte("Message-ID: <m@x>\r\n" + c.header + "\r\n\r\nhi")}
		events := lookup(t, "email").Events(r, configOf(t, "email", c.fields)).Events
		require.Equal(t, messageReceived, events[0].Type, name)
		require.Empty(t, events[0].TicketID)
		if c.ticket == "" {
			require.Len(t, events, 1, name)
			continue
		}
		require.Len(t, events, 2, name)
		require.Equal(t, messageCreated, events[1].Type)
		require.Equal(t, c.ticket, events[1].TicketID, name)
		require.NotEqual(t, events[0].DedupeKey, events[1].DedupeKey)
		require.Equal(t, events[0].Message, events[1].Message)
	}
}

func TestEveryInboundProviderFindsTheTicket(t *testing.T) {
	t.Parallel()
	form := url.Values{"recipient": {"support+42@x.example"}, "message-headers": {`[["Message-Id","<1@x>"]]`}, "body-plain": {"hi"}}
	raw := url.Values{"envelope": {`{"to":["support+42@x.example"],"from":"a@b.example"}`}, "email": {"Message-ID: <1@x>\r\n\r\nhi"}}
	parsed := url.Values{"to": {"Support <support+42@x.example>"}, "text": {"hi"}, "from": {"A <a@b.example>"}}
	for _, c := range []struct {
		name string
		r    Request
	}{
		{"mailgun-inbound", post("application/x-www-form-urlencoded", form.Encode())},
		{"sendgrid-inbound", post("application/x-www-form-urlencoded", raw.Encode())},
		{"sendgrid-inbound", post("application/x-www-form-urlencoded", parsed.Encode())},
		{"postmark-inbound", post("application/json", `{"MessageID":"m","OriginalRecipient":"support+42@x.example","FromFull":{"Email":"a+1@b.example"},"TextBody":"hi"}`)},
	} {
		p := lookup(t, c.name)
		events := p.Events(&c.r, configOf(t, p.Name, map[string]any{})).Events
		require.Len(t, events, 2, c.name)
		require.Equal(t, "42", events[1].TicketID)
		require.Equal(t, "hi", *events[1].Message.Text)
		require.Equal(t, "support+42@x.example", *events[0].Recipient)
	}
}
