package provider

import "strings"

// maxKey bounds dedup keys, which are indexed; a longer one becomes its hash.
const maxKey = 255 // bytes

// clean makes an event one that can be stored: UTF-8 without NUL, which no
// PostgreSQL text can hold, and a dedup key of bounded length.
func (e *Event) clean() {
	texts := []*string{
		&e.Channel, e.ProviderMessageID, &e.DedupeKey, e.Recipient, &e.RawStatus, &e.Sender, &e.ClientReference, &e.ChannelMessageID,
		&e.URL, &e.TicketID, &e.sentSubject, &e.sentFrom,
	}
	if e.Error != nil {
		texts = append(texts, e.Error.Code, e.Error.Message)
	}
	if e.Message != nil {
		texts = append(texts, e.Message.texts()...)
	}
	for _, text := range texts {
		if text != nil {
			*text = storable(*text)
		}
	}
	if len(e.DedupeKey) > maxKey {
		e.DedupeKey = digestKey([]byte(e.DedupeKey))
	}
}

func (m *Message) texts() []*string {
	texts := []*string{m.Text, &m.InReplyTo, &m.FromName, &m.Payload, &m.Kind, &m.StrippedTxt}
	for i := range m.Media {
		texts = append(texts, &m.Media[i].Filename, &m.Media[i].ContentType, &m.Media[i].ContentID, &m.Media[i].URL, &m.Media[i].ID)
	}
	if l := m.Location; l != nil {
		texts = append(texts, &l.Latitude, &l.Longitude, &l.Name, &l.Address)
	}
	if e := m.Email; e != nil {
		texts = append(texts, e.Subject, e.HTML, e.MessageID, &e.From)
		for _, list := range [][]string{e.References, e.To, e.CC} {
			for i := range list {
				texts = append(texts, &list[i])
			}
		}
	}
	return texts
}

func storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
