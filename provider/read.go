package provider

import (
	"fmt"
	"net/http"

	"posthorn/hook"
)

// Origin is what Read must know of the configuration.
func (p *Provider) Origin(c *Config) hook.Origin {
	origin := hook.Origin{Provider: p.Name}
	if len(c.versions) > 0 {
		origin.TicketAddress, origin.TicketReference = c.versions[0].TicketAddress, c.versions[0].TicketReference
	}
	return origin
}

// Read is Events of a callback as it is kept: a function of the request as it
// is stored, so that it means the same at the edge and in the archive. Of body the
// Content-Encoding is undone, where it can be. An error says that there is no
// such provider any more.
func Read(request *hook.Request, origin hook.Origin, body []byte) (Result, error) {
	p, ok := Lookup(origin.Provider)
	if !ok {
		return Result{}, fmt.Errorf("provider: there is no provider %q", origin.Provider)
	}
	s := &settings{TicketAddress: origin.TicketAddress, TicketReference: origin.TicketReference}
	if err := s.prepare(); err != nil {
		return Result{}, fmt.Errorf("provider: the patterns of a callback: %w", err)
	}
	header := make(http.Header, len(request.Header))
	for _, field := range request.Header {
		header.Add(field[0], field[1])
	}
	return p.Events(&Request{Method: request.Method, URL: PublicURL("", request.Target), Header: header, Body: body}, &Config{versions: []*settings{s}}), nil
}

// Open reads the payload of a message that was accepted: a callback, whose
// Result it gives too, or a producer's own, which own reads.
func Open(m *hook.Message, own func(*hook.Message) (*hook.Payload, error)) (*hook.Payload, *Result, error) {
	if m.Origin.Provider == "" {
		payload, err := own(m)
		return payload, nil, err
	}
	body, err := m.Request.Decode(m.Raw, maxMail) // what is too large was not accepted
	if err != nil {
		body = m.Raw
	}
	result, err := Read(&m.Request, m.Origin, body)
	if err != nil {
		return nil, nil, err
	}
	return result.Payload(hook.Time(m.ReceivedAt)), &result, nil
}

// Published are the events that a message becomes, each of them once in
// an endpoint. The time of receipt stands for one that is not known.
func (r *Result) Published(m *hook.Message) []hook.Event {
	events := make([]hook.Event, len(r.Events))
	for i := range r.Events {
		e := &r.Events[i]
		at := hook.Time(m.ReceivedAt)
		if e.OccurredAt != nil {
			at = hook.Time(*e.OccurredAt)
		}
		events[i] = hook.Event{
			ID: hook.NewID(), TenantID: m.TenantID, Type: e.Type, Data: e.data(m.ID), OccurredAt: at,
			MessageID: m.ID, EndpointID: m.EndpointID, Transition: e.transition(),
		}
	}
	return events
}

func (e *Event) transition() *hook.Transition {
	return &hook.Transition{Key: e.DedupeKey, MessageID: deref(e.ProviderMessageID), Recipient: deref(e.Recipient), Rank: e.Rank}
}

// data is the event with the message that it was made of, and what is known of
// the email that it is about.
func (e *Event) data(message hook.ID) []byte {
	return hook.EncodeJSON(struct {
		*Event
		MessageID hook.ID `json:"message_id"`
		Subject   string  `json:"subject,omitempty"`
		From      string  `json:"from,omitempty"`
	}{e, message, e.sentSubject, e.sentFrom})
}
