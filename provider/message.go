package provider

import "encoding/json"

// Message is what somebody sent. Email has more to say than the other
// channels, and says it even where it is null or empty.
type Message struct {
	Text        *string
	Media       []Media
	InReplyTo   string
	FromName    string
	Payload     string    // of a button that was pressed
	Kind        string    // where it is not plain text or a file: reaction, location, ...
	Location    *Location // where one was sent
	StrippedTxt string    // the text without what it quotes
	Email       *Email
}

// Location is a place on earth, in degrees as they were sent.
type Location struct {
	Latitude  string `json:"latitude"`
	Longitude string `json:"longitude"`
	Name      string `json:"name,omitempty"`
	Address   string `json:"address,omitempty"`
}

// Email is what only email has.
type Email struct {
	Subject       *string
	HTML          *string
	MessageID     *string // without angle brackets, as all ids here
	References    []string
	From          string // where Event.Sender is another one
	To, CC        []string
	AutoSubmitted bool // by a program: RFC 3834
	NullSender    bool // a report that must not be answered: RFC 5321, section 4.5.5
	Truncated     bool // parts of it could not be read, or went beyond a limit
}

// MarshalJSON leaves out what the channel does not have.
func (m *Message) MarshalJSON() ([]byte, error) {
	media := m.Media
	if media == nil {
		media = []Media{}
	}
	o := map[string]any{"text": m.Text, "media": media}
	for name, value := range map[string]string{
		"in_reply_to": m.InReplyTo, "from_name": m.FromName, "payload": m.Payload, "kind": m.Kind, "stripped_text": m.StrippedTxt,
	} {
		if value != "" {
			o[name] = value
		}
	}
	if m.Location != nil {
		o["location"] = m.Location
	}
	if e := m.Email; e != nil {
		e.marshal(o)
		o["in_reply_to"], o["from_name"] = optional(m.InReplyTo), optional(m.FromName)
	}
	return json.Marshal(o)
}

func (e *Email) marshal(o map[string]any) {
	o["subject"], o["html"], o["message_id"] = e.Subject, e.HTML, e.MessageID
	o["references"], o["to"], o["cc"] = notNil(e.References), notNil(e.To), notNil(e.CC)
	if e.From != "" {
		o["from"] = e.From
	}
	for name, set := range map[string]bool{"auto_submitted": e.AutoSubmitted, "null_sender": e.NullSender, "truncated": e.Truncated} {
		if set {
			o[name] = true
		}
	}
}

func notNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
