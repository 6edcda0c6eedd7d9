package api

import (
	"context"
	"net/http"
	"time"

	"posthorn/hook"
)

type recoverableView struct {
	Since   timestamp    `json:"since"`
	Until   timestamp    `json:"until"`
	Include hook.Include `json:"include" enum:"failed,all"`
	Count   int          `json:"count" doc:"All that would be delivered, as far as it was counted"`
	Again   int          `json:"again" doc:"Of them: deliveries that there are, which would be attempted again"`
	Missed  int          `json:"missed" doc:"Of them: events that made no delivery"`
	More    bool         `json:"more" doc:"There may be more than count: counting ends with 10,000 events, and sooner where a filter takes long"`
}

type recovery struct {
	Since   string       `json:"since" format:"date-time" doc:"Events that were published from then on"`
	Until   string       `json:"until,omitempty" format:"date-time" doc:"and before then; now if left out"`
	Include hook.Include `json:"include,omitempty" enum:"failed,all" default:"failed" doc:"failed: what failed, or was published while the webhook was disabled. all: everything that the webhook subscribes to, also what it was delivered, what was cancelled and what is older than the webhook."`
}

func (s *server) recoverRoutes(r *router) {
	const tag = "Webhooks"
	add(r, route{method: "GET", path: "/api/v1/webhooks/{id}/recover", summary: "Count what a webhook missed", tag: tag, roles: readers}, s.countRecoverable)
	addCreate(r, route{
		method: "POST", path: "/api/v1/webhooks/{id}/recover", summary: "Deliver what a webhook missed", tag: tag, roles: operators,
		status: http.StatusCreated,
		help: "Each event has one delivery to the webhook; what there is gets further attempts, by the whole retry schedule. " +
			"The answer is an operation that goes on by itself; the same request while it runs answers with the same one. " +
			"At its end `recovery.completed` is published.",
	}, s.recoverWebhook)
}

func (s *server) countRecoverable(ctx context.Context, who caller, in *struct {
	IDInput
	Since   string       `query:"since" required:"true" doc:"Events that were published from then on (RFC 3339)"`
	Until   string       `query:"until" doc:"and before then; now if left out"`
	Include hook.Include `query:"include" enum:"failed,all" default:"failed"`
}) (recoverableView, error) {
	id, err := in.id("webhook")
	if err != nil {
		return recoverableView{}, err
	}
	r := hook.Recovery{Include: in.Include}
	if r.Since, err = queryTime("since", in.Since); err != nil {
		return recoverableView{}, err
	}
	if r.Until, err = queryTime("until", in.Until); err != nil {
		return recoverableView{}, err
	}
	if r.Until.IsZero() {
		r.Until = hook.Time(time.Now())
	}
	n, err := s.Store.CountRecoverable(ctx, who.Tenant, id, r)
	return recoverableView{
		Since: timestamp{r.Since}, Until: timestamp{r.Until}, Include: r.Include, Count: n.Again + n.Missed, Again: n.Again, Missed: n.Missed, More: n.More,
	}, err
}

func (s *server) recoverWebhook(ctx context.Context, who caller, in *creationAt[recovery]) (operationView, error) {
	id, err := in.id("webhook")
	if err != nil {
		return operationView{}, err
	}
	r := hook.Recovery{Include: in.Body.Include}
	if r.Since, err = bodyTime("/since", in.Body.Since); err != nil {
		return operationView{}, err
	}
	if in.Body.Until != "" {
		if r.Until, err = bodyTime("/until", in.Body.Until); err != nil {
			return operationView{}, err
		}
		if !r.Until.After(r.Since) {
			return operationView{}, hook.Invalid("the request is not valid", hook.FieldError{Pointer: "/until", Message: "must be after since"})
		}
	}
	o, err := s.Store.StartRecovery(ctx, who.Tenant, id, r)
	if err != nil {
		return operationView{}, err
	}
	return s.showOperation(o), nil
}

func bodyTime(pointer, value string) (time.Time, error) {
	t, err := hook.ParseTime(value)
	if err != nil {
		return t, hook.Invalid("the request is not valid", hook.FieldError{Pointer: pointer, Message: err.Error()})
	}
	return hook.Time(t), nil
}
