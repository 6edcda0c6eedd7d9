package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"posthorn/hook"
)

type eventTypeView struct {
	Type        string          `json:"type"`
	Topic       string          `json:"topic" doc:"Its first segment"`
	Description string          `json:"description"`
	Schema      json.RawMessage `json:"schema" doc:"JSON Schema of the data; null: any"`
	BuiltIn     bool            `json:"built_in"`
	UpdatedAt   timestamp       `json:"updated_at" doc:"Null where nobody has changed it"`
}

type newEventType struct {
	Type        string          `json:"type"`
	Description *string         `json:"description,omitempty"`
	Schema      json.RawMessage `json:"schema,omitempty" doc:"JSON Schema (2020-12 unless it says otherwise) of the data, at most 64 KiB, without references to other documents; null or left out: any data"`
}

func (s *server) eventTypeRoutes(r *router) {
	const tag = "Events"
	addList(r, route{
		method: "GET", path: "/api/v1/event-types", summary: "List the types of events", tag: tag, roles: readers,
		help: "The built-in types and the tenant's own, by name, on one page. A type that is not here can be published and subscribed to as well.",
	}, s.listEventTypes)
	add(r, route{
		method: "PUT", path: "/api/v1/event-types", summary: "Add a type of events, or change it", tag: tag, roles: operators,
		help: "Where a type has a schema, an event whose data do not fit it is refused when it is published through the API; events that " +
			"Posthorn makes are not held to it. A change is effective within a second.",
	}, s.putEventType)
}

func (s *server) listEventTypes(ctx context.Context, who caller, _ *struct{}) (page[eventTypeView], error) {
	own, err := s.Store.EventTypes(ctx, who.Tenant)
	if err != nil {
		return page[eventTypeView]{}, err
	}
	var out page[eventTypeView]
	for _, t := range hook.Catalogue(own) {
		out.items = append(out.items, showEventType(t))
	}
	return out, nil
}

func (s *server) putEventType(ctx context.Context, who caller, in *struct{ Body newEventType }) (eventTypeView, error) {
	t := hook.EventType{Type: in.Body.Type}
	set(&t.Description, in.Body.Description)
	if schema := bytes.TrimSpace(in.Body.Schema); len(schema) > 0 && string(schema) != "null" {
		t.Schema = schema
	}
	if err := t.Validate(); err != nil {
		return eventTypeView{}, err
	}
	if t.Schema != nil {
		if _, err := compileSchema(t.Schema); err != nil {
			return eventTypeView{}, hook.Invalid("the event type is not valid", hook.FieldError{Pointer: "/schema", Message: err.Error()})
		}
	}
	put, err := s.Store.PutEventType(ctx, who.Tenant, t)
	s.schemas.forget(who.Tenant, t.Type)
	if err != nil {
		return eventTypeView{}, err
	}
	for _, t := range hook.Catalogue([]hook.EventType{put}) {
		if t.Type == put.Type {
			put = t
		}
	}
	return showEventType(put), nil
}

func showEventType(t hook.EventType) eventTypeView {
	topic, _, _ := strings.Cut(t.Type, ".")
	view := eventTypeView{
		Type: t.Type, Topic: topic, Description: t.Description, Schema: t.Schema, BuiltIn: t.BuiltIn, UpdatedAt: timestamp{t.UpdatedAt},
	}
	if view.Schema == nil {
		view.Schema = json.RawMessage("null")
	}
	return view
}

// checkData holds an event's data to the schema of its type, if it has one.
func (s *server) checkData(ctx context.Context, e *hook.Event) error {
	schema, err := s.schemas.of(ctx, e.TenantID, e.Type)
	if err != nil || schema == nil {
		return err
	}
	data, err := jsonschema.UnmarshalJSON(bytes.NewReader(e.Data))
	if err != nil {
		return err
	}
	err = schema.Validate(data)
	if wrong, ok := errors.AsType[*jsonschema.ValidationError](err); ok {
		return hook.Invalid("the data do not fit the schema of "+e.Type, schemaErrors(wrong)...)
	}
	return err
}
