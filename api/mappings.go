package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"posthorn/hook"
	"posthorn/mapping"
)

// MappingTest is a mapping and what to try it on.
type MappingTest struct {
	Mapping    nullable[hook.Mapping] `json:"mapping,omitempty" doc:"Left out: the endpoint's; null: none, the payload is a message as it is"`
	RefusedID  *string                `json:"refused_id,omitempty" doc:"A refused request that is kept; or a sample, in the fields below"`
	Sample     json.RawMessage        `json:"sample,omitempty" doc:"The payload: any JSON"`
	Headers    map[string]string      `json:"headers,omitempty" maxProperties:"100" doc:"Of the sample's request"`
	Query      map[string]string      `json:"query,omitempty" maxProperties:"100" doc:"Likewise"`
	ReceivedAt *string                `json:"received_at,omitempty" doc:"Now, if left out"`
}

// mappingResult is the message that a request becomes, or why it does not.
type mappingResult struct {
	Message   nullable[mappedMessage] `json:"message" doc:"null where the mapping fails, or the request is a challenge"`
	Challenge *string                 `json:"challenge" doc:"What the request is answered with instead of being a message"`
	Errors    []hook.FieldError       `json:"errors" doc:"Each with its place in the mapping: the request would be refused"`
}

type mappedMessage struct {
	ExternalID  string           `json:"external_id"`
	OccurredAt  timestamp        `json:"occurred_at"`
	From        hook.Party       `json:"from"`
	To          []hook.Party     `json:"to"`
	Body        string           `json:"body"`
	Attachments []attachmentView `json:"attachments"`
	Fields      json.RawMessage  `json:"fields"`
	EventType   string           `json:"event_type" doc:"Of the event that it becomes"`
}

func (s *server) mappingRoutes(r *router) {
	add(r, route{
		method: "POST", path: "/api/v1/endpoints/{id}/mapping/test", summary: "Try a mapping on a payload", tag: "Endpoints", roles: operators,
		help: "Nothing is stored.",
	}, s.testMapping)
}

// checkEndpoint holds an endpoint to its rules and compiles its mapping.
func checkEndpoint(e *hook.Endpoint) error {
	var bad []hook.FieldError
	errs := []error{e.Validate()}
	if e.Mapping != nil {
		errs = append(errs, mapping.Check(e.Mapping))
	}
	for _, err := range errs {
		wrong, ok := errors.AsType[*hook.Error](err)
		if err != nil && !ok {
			return err
		}
		if ok {
			bad = append(bad, wrong.Fields...)
		}
	}
	if len(bad) > 0 {
		return hook.Invalid("the endpoint is not valid", bad...)
	}
	return nil
}

func (s *server) testMapping(ctx context.Context, who caller, in *struct {
	IDInput
	Body MappingTest
}) (out mappingResult, err error) {
	id, err := in.id("endpoint")
	if err != nil {
		return out, err
	}
	e, err := s.Store.Endpoint(ctx, who.Tenant, id)
	if err != nil {
		return out, err
	}
	in.Body.Mapping.setPointer(&e.Mapping)
	if err := checkEndpoint(&e); err != nil {
		return out, err
	}
	request, body, at, err := s.mappingSample(ctx, &e, &in.Body)
	if err != nil {
		return out, err
	}
	out.Errors = []hook.FieldError{}
	challenge, payload, err := s.tryMapping(&e, &request, body, at)
	if wrong, ok := errors.AsType[*hook.Error](err); ok {
		out.Errors = wrong.Fields
		if len(out.Errors) == 0 {
			out.Errors = []hook.FieldError{{Message: wrong.Message}}
		}
		return out, nil
	}
	if challenge != "" {
		out.Challenge = &challenge
	} else if err == nil {
		out.Message = orNull(showMapped(payload))
	}
	return out, err
}

func (s *server) tryMapping(e *hook.Endpoint, r *hook.Request, body []byte, at time.Time) (challenge string, p *hook.Payload, err error) {
	if e.Mapping == nil {
		p, err = hook.ParsePayload(body, s.CheckURL)
		return "", p, err
	}
	if challenge, err = mapping.Challenge(e.Mapping, r, body, at); err != nil || challenge != "" {
		return challenge, nil, err
	}
	p, err = mapping.Read(e.Mapping, r, body, at, s.CheckURL)
	return "", p, err
}

// mappingSample is the request that a mapping is tried on.
func (s *server) mappingSample(ctx context.Context, e *hook.Endpoint, in *MappingTest) (r hook.Request, body []byte, at time.Time, err error) {
	invalid := func(pointer, message string) error {
		return hook.Invalid("the sample is not valid", hook.FieldError{Pointer: pointer, Message: message})
	}
	if in.RefusedID == nil {
		if in.Sample == nil {
			return r, nil, at, invalid("/sample", "is required, or refused_id: what the mapping is tried on")
		}
		at = hook.Time(time.Now())
		if in.ReceivedAt != nil {
			if at, err = hook.ParseTime(*in.ReceivedAt); err != nil {
				return r, nil, at, invalid("/received_at", err.Error())
			}
		}
		query := url.Values{}
		for name, value := range in.Query {
			query.Set(name, value)
		}
		r.Target = "/?" + query.Encode()
		for name, value := range in.Headers {
			r.Header = append(r.Header, [2]string{name, value})
		}
		slices.SortFunc(r.Header, func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
		return r, in.Sample, at, nil
	}
	if in.Sample != nil || in.Headers != nil || in.Query != nil || in.ReceivedAt != nil {
		return r, nil, at, invalid("/refused_id", "must stand alone: the request has payload, headers and query of its own")
	}
	rid, err := hook.ParseID(*in.RefusedID)
	if err != nil {
		return r, nil, at, hook.NotFound("refused request")
	}
	f, err := s.Store.Refused(ctx, e.TenantID, e.ID, rid)
	if err != nil {
		return r, nil, at, err
	}
	if f.Kept == nil {
		return r, nil, at, hook.Conflict("this request was not kept, or is a message by now")
	}
	body, err = f.Kept.Request.Decode(f.Kept.Raw, hook.MaxBody)
	return f.Kept.Request, body, hook.IDTime(f.ID), err
}

func showMapped(p *hook.Payload) *mappedMessage {
	m := &mappedMessage{
		ExternalID: p.ExternalID, OccurredAt: timestamp{p.OccurredAt}, From: p.From, To: p.To, Body: p.Body,
		Attachments: []attachmentView{}, Fields: p.Fields, EventType: p.EventType(),
	}
	for _, a := range p.Attachments {
		m.Attachments = append(m.Attachments, showAttachment(a))
	}
	return m
}

// handshakeOf is what a request is answered with that is no message but a
// platform's question, or "".
func handshakeOf(a *arrival) (string, error) {
	if a.endpoint.Mapping == nil {
		return "", nil
	}
	return mapping.Challenge(a.endpoint.Mapping, &a.request, a.body, time.Now())
}
