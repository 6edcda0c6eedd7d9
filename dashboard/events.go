package dashboard

import (
	"posthorn/client"
)

type eventsPage struct {
	listed[client.Event]
	Type string
}

func (q *request) events() error {
	p := eventsPage{Type: q.URL.Query().Get("type")}
	got, err := q.API.EventPage(q.ctx, client.EventFilter{Type: p.Type}, q.cursor())
	if err != nil {
		return err
	}
	p.listed = listOf(q, got)
	return q.page("events", "Events", p)
}

type eventPage struct {
	Event      client.Event
	Deliveries []client.Delivery
	Webhooks   names
}

func (q *request) event() error {
	e, err := q.API.Event(q.ctx, q.PathValue("id"))
	if err != nil {
		return err
	}
	got, err := q.API.DeliveryPage(q.ctx, client.DeliveryFilter{EventID: e.ID}, client.Page{Limit: 50})
	if err != nil {
		return err
	}
	webhooks, err := q.webhookNames()
	if err != nil {
		return err
	}
	return q.page("event", e.Type, eventPage{e, got.Items, webhooks})
}
