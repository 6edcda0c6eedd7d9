package api

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"posthorn/envelope"
	"posthorn/expr"
	"posthorn/hook"
	"posthorn/store"
)

// checkWebhook holds a webhook to its rules, compiles its expressions, and names
// every bad field.
func (s *server) checkWebhook(w *hook.Webhook) error {
	var fields []hook.FieldError
	for _, err := range []error{w.Validate(s.CheckURL), s.checkExpressions(w)} {
		var bad *hook.Error
		switch {
		case errors.As(err, &bad):
			fields = append(fields, bad.Fields...)
		case err != nil:
			return err
		}
	}
	if len(fields) == 0 {
		return nil
	}
	return hook.Invalid("the webhook is not valid", fields...)
}

// checkExpressions compiles what a webhook has in CEL.
func (s *server) checkExpressions(w *hook.Webhook) error {
	var fields []hook.FieldError
	for _, e := range []struct {
		pointer, text string
		check         func(string) error
	}{
		{"/filter", w.Filter, expr.CheckFilter}, {"/transform", w.Transform, expr.CheckTransform}, {"/ordered_by", w.OrderedBy, expr.CheckOrder},
	} {
		if e.text == "" {
			continue
		}
		err := e.check(e.text)
		if wrong, ok := errors.AsType[*expr.Error](err); ok {
			fields = append(fields, hook.FieldError{Pointer: e.pointer, Message: wrong.Error()})
		} else if err != nil {
			return err
		}
	}
	if len(fields) == 0 {
		return nil
	}
	return hook.Invalid("the expression is not valid", fields...)
}

// SampleInput is what an expression is tried on: an event that is stored, or
// one that is given.
type SampleInput struct {
	EventID    *string         `json:"event_id,omitempty" doc:"An event that was published; or a sample, in the fields below"`
	ID         *string         `json:"id,omitempty"`
	Type       *string         `json:"type,omitempty" doc:"Left out: one that the webhook subscribes to"`
	Data       json.RawMessage `json:"data,omitempty" doc:"Left out: a sample of the type"`
	OccurredAt *string         `json:"occurred_at,omitempty" doc:"Now, if left out"`
}

// FilterTest is a filter and what to try it on.
type FilterTest struct {
	SampleInput
	Filter *string `json:"filter,omitempty" doc:"Left out: the webhook's"`
}

// TransformTest is a transform and what to try it on.
type TransformTest struct {
	SampleInput
	Transform *string `json:"transform,omitempty" doc:"Left out: the webhook's"`
}

// filterResult tells of each condition of a webhook whether the event meets it.
type filterResult struct {
	Matches    bool    `json:"matches" doc:"Whether it would be delivered: all of the following"`
	Subscribed bool    `json:"subscribed" doc:"The webhook's events name its type"`
	Survey     bool    `json:"survey" doc:"It is of the webhook's survey, or the webhook is of none"`
	Filter     bool    `json:"filter" doc:"The filter holds, or there is none"`
	Error      *string `json:"error" doc:"Why the filter failed, which counts as no match"`
}

type transformResult struct {
	Data  json.RawMessage `json:"data" doc:"What the format makes its body of; null where the transform fails"`
	Body  *string         `json:"body" doc:"The body that would be sent, in the webhook's format"`
	Error *string         `json:"error" doc:"Why the transform failed: the delivery would fail"`
}

func (s *server) filterRoutes(r *router) {
	const tag = "Webhooks"
	add(r, route{
		method: "POST", path: "/api/v1/webhooks/{id}/filter/test", summary: "Try a filter on an event", tag: tag, roles: operators,
		help: "Nothing is stored and nothing is sent.",
	}, s.testFilter)
	add(r, route{
		method: "POST", path: "/api/v1/webhooks/{id}/transform/test", summary: "Try a transform on an event", tag: tag, roles: operators,
		help: "Nothing is stored and nothing is sent.",
	}, s.testTransform)
}

func (s *server) testFilter(ctx context.Context, who caller, in *struct {
	IDInput
	Body FilterTest
}) (filterResult, error) {
	w, e, err := s.sample(ctx, who, in.IDInput, &in.Body.SampleInput)
	if err != nil {
		return filterResult{}, err
	}
	set(&w.Filter, in.Body.Filter)
	if err := s.checkExpressions(&w); err != nil {
		return filterResult{}, err
	}
	return choose(&w, store.NewChoice(&e), &e), nil
}

func choose(w *hook.Webhook, choice *store.Choice, e *hook.Event) filterResult {
	out := filterResult{Subscribed: w.Subscribes(e.Type), Survey: choice.OfSurvey(w.SurveyID)}
	var err error
	if out.Filter, err = choice.Holds(w.Filter); err != nil {
		out.Error = given(err.Error())
	}
	out.Matches = out.Subscribed && out.Survey && out.Filter
	return out
}

func (s *server) testTransform(ctx context.Context, who caller, in *struct {
	IDInput
	Body TransformTest
}) (transformResult, error) {
	w, e, err := s.sample(ctx, who, in.IDInput, &in.Body.SampleInput)
	if err != nil {
		return transformResult{}, err
	}
	set(&w.Transform, in.Body.Transform)
	if err := s.checkExpressions(&w); err != nil {
		return transformResult{}, err
	}
	return shape(&w, &e)
}

// shape is what would be sent of an event. The event gets the data of that.
func shape(w *hook.Webhook, e *hook.Event) (transformResult, error) {
	if w.Transform != "" {
		data, err := expr.Transform(w.Transform, expr.NewInput(e.Name(), e.Type, e.Data, e.OccurredAt))
		if err != nil {
			return transformResult{Data: json.RawMessage("null"), Error: given(err.Error())}, nil
		}
		e.Data = data
	}
	body, err := envelope.Body(w.Format, e, w)
	return transformResult{Data: e.Data, Body: given(string(body))}, err
}

// sample finds the webhook and the event that an expression is tried on.
func (s *server) sample(ctx context.Context, who caller, of IDInput, in *SampleInput) (w hook.Webhook, e hook.Event, err error) {
	id, err := of.id("webhook")
	if err != nil {
		return w, e, err
	}
	if w, err = s.Store.Webhook(ctx, who.Tenant, id); err != nil {
		return w, e, err
	}
	if in.EventID != nil {
		if in.ID != nil || in.Type != nil || in.Data != nil || in.OccurredAt != nil {
			return w, e, hook.Invalid("the sample is not valid", hook.FieldError{Pointer: "/event_id", Message: "must stand alone: the event has type and data of its own"})
		}
		if !storable(*in.EventID) {
			return w, e, hook.NotFound("event")
		}
		e, err = s.Store.Event(ctx, who.Tenant, *in.EventID)
		return w, e, err
	}
	e = hook.Event{ID: hook.NewID(), TenantID: who.Tenant, Type: w.SampleType(), OccurredAt: hook.Time(time.Now())}
	set(&e.PublicID, in.ID)
	set(&e.Type, in.Type)
	if e.Data = in.Data; e.Data == nil {
		e.Data = hook.Sample(e.Type)
	}
	if in.OccurredAt != nil {
		if e.OccurredAt, err = hook.ParseTime(*in.OccurredAt); err != nil {
			return w, e, hook.Invalid("the sample is not valid", hook.FieldError{Pointer: "/occurred_at", Message: err.Error()})
		}
	}
	return w, e, e.Validate()
}
