package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"posthorn/hook"
	"posthorn/store"
)

// EventView is an event as it is shown. It is exported for what embeds it.
type EventView struct {
	ID         string          `json:"id"`
	Type       string          `json:"type"`
	Data       json.RawMessage `json:"data"`
	OccurredAt timestamp       `json:"occurred_at"`
	CreatedAt  timestamp       `json:"created_at"`
	MessageID  *hook.ID        `json:"message_id,omitempty"`
	EndpointID *hook.ID        `json:"endpoint_id,omitempty"`
}

// publishedEvent is an event that was published now, or before under its id.
type publishedEvent struct {
	EventView
	repeat bool
}

func (p publishedEvent) status() int {
	if p.repeat {
		return http.StatusOK
	}
	return http.StatusCreated
}

type newEvent struct {
	Type       string          `json:"type"`
	Data       json.RawMessage `json:"data"`
	ID         *string         `json:"id,omitempty" doc:"Your own id; a repeat answers with the first event"`
	OccurredAt *string         `json:"occurred_at,omitempty" doc:"Now, if left out"`
}

func (s *server) eventRoutes(r *router) {
	const tag = "Events"
	addCreate(r, route{method: "POST", path: "/api/v1/events", summary: "Publish an event", tag: tag, roles: producers,
		status: http.StatusCreated}, s.publishEvent)
	addList(r, route{method: "GET", path: "/api/v1/events", summary: "List events", tag: tag, roles: readers}, s.listEvents)
	add(r, route{method: "GET", path: "/api/v1/events/{id}", summary: "Show an event", tag: tag, roles: readers},
		func(ctx context.Context, who caller, in *IDInput) (EventView, error) {
			if !storable(in.ID) {
				return EventView{}, hook.NotFound("event")
			}
			e, err := s.Store.Event(ctx, who.Tenant, in.ID)
			return showEvent(e), err
		})
}

func (s *server) publishEvent(ctx context.Context, who caller, in *creation[newEvent]) (publishedEvent, error) {
	id := hook.NewID()
	e := hook.Event{
		ID: id, CreatedAt: hook.IDTime(id), TenantID: who.Tenant, Type: in.Body.Type, Data: in.Body.Data, OccurredAt: hook.Time(time.Now()),
	}
	if in.Body.ID != nil {
		if e.PublicID = *in.Body.ID; e.PublicID == "" {
			return publishedEvent{}, hook.Invalid("the event is not valid",
				hook.FieldError{Pointer: "/id", Message: "must be 1 to 255 of letters, digits, _ and -, or left out"})
		}
	}
	if in.Body.OccurredAt != nil {
		t, err := hook.ParseTime(*in.Body.OccurredAt)
		if err != nil {
			return publishedEvent{}, hook.Invalid("the event is not valid", hook.FieldError{Pointer: "/occurred_at", Message: err.Error()})
		}
		e.OccurredAt = t
	}
	if err := e.Validate(); err != nil {
		return publishedEvent{}, err
	}
	if err := s.checkData(ctx, &e); err != nil {
		return publishedEvent{}, err
	}
	e, repeat, err := s.Store.Publish(ctx, e)
	return publishedEvent{showEvent(e), repeat}, err
}

func (s *server) listEvents(ctx context.Context, who caller, in *struct {
	PageInput
	Type       string `query:"type"`
	EndpointID string `query:"endpoint_id"`
	MessageID  string `query:"message_id"`
	After      string `query:"after" doc:"Occurred at or after"`
	Before     string `query:"before" doc:"Occurred before"`
}) (page[EventView], error) {
	q, err := in.store()
	if err != nil {
		return page[EventView]{}, err
	}
	f := store.EventFilter{Type: in.Type}
	if f.EndpointID, err = queryID("endpoint_id", in.EndpointID); err != nil {
		return page[EventView]{}, err
	}
	if f.MessageID, err = queryID("message_id", in.MessageID); err != nil {
		return page[EventView]{}, err
	}
	if f.After, err = queryTime("after", in.After); err != nil {
		return page[EventView]{}, err
	}
	if f.Before, err = queryTime("before", in.Before); err != nil {
		return page[EventView]{}, err
	}
	rows, err := s.Store.Events(ctx, who.Tenant, f, q)
	return pageOf(in.PageInput, rows, func(e hook.Event) hook.ID { return e.ID }, showEvent), err
}

func showEvent(e hook.Event) EventView {
	view := EventView{
		ID: e.Name(), Type: e.Type, Data: e.Data, OccurredAt: timestamp{e.OccurredAt}, CreatedAt: timestamp{e.CreatedAt},
	}
	if e.MessageID != (hook.ID{}) {
		view.MessageID = &e.MessageID
	}
	if e.EndpointID != (hook.ID{}) {
		view.EndpointID = &e.EndpointID
	}
	return view
}
