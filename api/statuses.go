package api

import (
	"context"
	"encoding/json"

	"posthorn/hook"
)

// statusesView is what a provider said of one of its messages.
type statusesView struct {
	ProviderMessageID string       `json:"provider_message_id"`
	Recipients        []statusView `json:"recipients"`
}

// statusView is how far a message has come to one recipient.
type statusView struct {
	Recipient   string           `json:"recipient" doc:"Empty where the provider names none"`
	Status      string           `json:"status" doc:"The current one: the type of the event that is furthest along, whenever it came"`
	OccurredAt  timestamp        `json:"occurred_at"`
	EventID     string           `json:"event_id"`
	Transitions []transitionView `json:"transitions" doc:"All of them, the furthest along first"`
}

type transitionView struct {
	EventID    string    `json:"event_id"`
	Type       string    `json:"type"`
	RawStatus  string    `json:"raw_status" doc:"In the provider's words"`
	OccurredAt timestamp `json:"occurred_at"`
	ReceivedAt timestamp `json:"received_at"`
}

func (s *server) statusRoutes(r *router) {
	add(r, route{
		method: "GET", path: "/api/v1/endpoints/{id}/statuses", tag: "Endpoints", roles: readers,
		summary: "Show what a provider said of one of its messages, and how far it has come",
		help: "Providers report statuses in any order. Each is kept and published. The current one is that of the highest rank: " +
			"queued, sent, failed, delivered, bounced, read or opened, clicked, unsubscribed, complained.",
	}, s.statuses)
}

func (s *server) statuses(ctx context.Context, who caller, in *struct {
	IDInput
	ProviderMessageID string `query:"provider_message_id" required:"true" minLength:"1" maxLength:"2000" doc:"The id that the provider gave when the message was sent"`
}) (statusesView, error) {
	view := statusesView{ProviderMessageID: in.ProviderMessageID, Recipients: []statusView{}}
	id, err := in.id("endpoint")
	if err != nil {
		return view, err
	}
	events, err := s.Store.Transitions(ctx, who.Tenant, id, in.ProviderMessageID)
	for i := range events {
		view.add(&events[i])
	}
	return view, err
}

// add takes the next event: those of a recipient follow one another, the
// current one first.
func (v *statusesView) add(e *hook.Event) {
	at := timestamp{e.OccurredAt}
	if n := len(v.Recipients); n == 0 || v.Recipients[n-1].Recipient != e.Transition.Recipient {
		v.Recipients = append(v.Recipients, statusView{Recipient: e.Transition.Recipient, Status: e.Type, OccurredAt: at, EventID: e.Name()})
	}
	var data struct {
		RawStatus string `json:"raw_status"`
	}
	_ = json.Unmarshal(e.Data, &data) // as we wrote it
	last := &v.Recipients[len(v.Recipients)-1]
	last.Transitions = append(last.Transitions, transitionView{
		EventID: e.Name(), Type: e.Type, RawStatus: data.RawStatus, OccurredAt: at, ReceivedAt: timestamp{e.CreatedAt},
	})
}
