package api

import (
	"context"
	"encoding/base64"
	"net/url"
	"unicode/utf8"

	"posthorn/hook"
	"posthorn/store"
)

type attemptView struct {
	Number               int             `json:"number"`
	StartedAt            timestamp       `json:"started_at"`
	DurationMS           int64           `json:"duration_ms"`
	StatusCode           *int            `json:"status_code" doc:"Null where there was no answer"`
	Error                *string         `json:"error" doc:"The class of failure; null for a success"`
	ErrorDetail          string          `json:"error_detail,omitempty"`
	ResponseHeaders      []responseField `json:"response_headers"`
	ResponseBody         string          `json:"response_body" doc:"The first 4096 bytes"`
	ResponseBodyEncoding string          `json:"response_body_encoding,omitempty" enum:"base64" doc:"Where the body is not UTF-8"`
	Phases               *phasesView     `json:"phases" doc:"Null where no name was looked up and nothing was dialled or sent"`
}

type responseField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type deliveryView struct {
	ID            hook.ID             `json:"id"`
	EventID       string              `json:"event_id"`
	EventType     string              `json:"event_type"`
	WebhookID     hook.ID             `json:"webhook_id"`
	Status        hook.DeliveryStatus `json:"status" enum:"pending,held,delivered,failed,cancelled"`
	Test          bool                `json:"test"`
	Attempts      []attemptView       `json:"attempts"`
	OrderKey      *string             `json:"order_key" doc:"Of those with one key, one after another goes; null: it goes in no order"`
	WaitsFor      *hook.ID            `json:"waits_for" doc:"The delivery that goes before it, or that failed and holds it up; null: none"`
	NextAttemptAt timestamp           `json:"next_attempt_at"`
	WorkflowURL   string              `json:"workflow_url" doc:"Its last workflow in the Temporal UI"`
	CreatedAt     timestamp           `json:"created_at"`
	UpdatedAt     timestamp           `json:"updated_at"`
}

func (s *server) deliveryRoutes(r *router) {
	const tag = "Deliveries"
	addList(r, route{method: "GET", path: "/api/v1/deliveries", summary: "List deliveries", tag: tag, roles: readers}, s.listDeliveries)
	add(r, route{method: "GET", path: "/api/v1/deliveries/{id}", summary: "Show a delivery with its attempts", tag: tag, roles: readers}, s.getDelivery)
	add(r, route{
		method: "POST", path: "/api/v1/deliveries/{id}/retry", summary: "Attempt a delivery again", tag: tag, roles: operators,
		help: "A further attempt of the same delivery, at once. One that waits goes on with its schedule; one that has ended begins it anew, " +
			"and what was delivered stays delivered. 409 where the webhook is disabled, or the delivery waits for another one of its key.",
	}, s.retryDelivery)
	add(r, route{
		method: "POST", path: "/api/v1/deliveries/{id}/cancel", summary: "Cancel a delivery", tag: tag, roles: operators,
		help: "No further attempt is made; one that is under way may still arrive. 409 where the delivery has ended; " +
			"but one that failed and holds others of its key up is given up so, and they go on.",
	}, s.cancelDelivery)
}

func (s *server) retryDelivery(ctx context.Context, who caller, in *IDInput) (deliveryView, error) {
	return s.changeDelivery(ctx, who, in, s.Store.RetryDelivery)
}

func (s *server) cancelDelivery(ctx context.Context, who caller, in *IDInput) (deliveryView, error) {
	return s.changeDelivery(ctx, who, in, s.Store.CancelDelivery)
}

func (s *server) changeDelivery(ctx context.Context, who caller, in *IDInput, change func(_ context.Context, tenant, id hook.ID) error) (deliveryView, error) {
	id, err := in.id("delivery")
	if err != nil {
		return deliveryView{}, err
	}
	if err := change(ctx, who.Tenant, id); err != nil {
		return deliveryView{}, err
	}
	return s.getDelivery(ctx, who, in)
}

func (s *server) listDeliveries(ctx context.Context, who caller, in *struct {
	PageInput
	WebhookID string `query:"webhook_id"`
	EventID   string `query:"event_id"`
	Status    string `query:"status" enum:"pending,in_flight,held,delivered,failed,cancelled" doc:"in_flight is the ledger's word for pending"`
	Test      string `query:"test" enum:"true,false" doc:"true: tests only; false: none"`
}) (page[deliveryView], error) {
	q, err := in.store()
	if err != nil {
		return page[deliveryView]{}, err
	}
	f := store.DeliveryFilter{Status: hook.DeliveryStatus(in.Status)}
	if in.Status == inFlight {
		f.Status = hook.DeliveryPending
	}
	if in.Test != "" {
		f.Test = new(in.Test == "true")
	}
	if f.WebhookID, err = queryID("webhook_id", in.WebhookID); err != nil {
		return page[deliveryView]{}, err
	}
	if in.EventID != "" {
		e, err := s.Store.Event(ctx, who.Tenant, in.EventID)
		if hook.CodeOf(err) == hook.CodeNotFound {
			return page[deliveryView]{}, nil
		} else if err != nil {
			return page[deliveryView]{}, err
		}
		f.EventID = e.ID
	}
	rows, err := s.Store.Deliveries(ctx, who.Tenant, f, q)
	return pageOf(in.PageInput, rows, func(v store.DeliveryView) hook.ID { return v.ID }, s.showDelivery), err
}

func (s *server) getDelivery(ctx context.Context, who caller, in *IDInput) (deliveryView, error) {
	id, err := in.id("delivery")
	if err != nil {
		return deliveryView{}, err
	}
	v, err := s.Store.Delivery(ctx, who.Tenant, id)
	if err != nil {
		return deliveryView{}, err
	}
	return s.showDelivery(v), nil
}

func (s *server) showDelivery(v store.DeliveryView) deliveryView {
	view := deliveryView{
		ID: v.ID, EventID: v.EventName, EventType: v.EventType, WebhookID: v.WebhookID, Status: v.Status, Test: v.Test,
		Attempts: []attemptView{}, NextAttemptAt: timestamp{v.NextAttemptAt}, CreatedAt: timestamp{v.CreatedAt},
		UpdatedAt: timestamp{v.UpdatedAt}, WorkflowURL: s.workflowURL(v.Workflow()),
	}
	if v.Ordered {
		view.OrderKey = &v.OrderKey
	}
	if v.WaitsFor != (hook.ID{}) {
		view.WaitsFor = &v.WaitsFor
	}
	for _, a := range v.Attempts {
		view.Attempts = append(view.Attempts, showAttempt(a))
	}
	return view
}

func showAttempt(a hook.Attempt) attemptView {
	view := attemptView{
		Number: a.Number, StartedAt: timestamp{a.StartedAt}, DurationMS: a.Duration.Milliseconds(), ErrorDetail: a.ErrorDetail,
		ResponseHeaders: []responseField{}, ResponseBody: string(a.ResponseBody),
	}
	if a.StatusCode != 0 {
		view.StatusCode = &a.StatusCode
	}
	if a.Error != hook.ErrorNone {
		class := string(a.Error)
		view.Error = &class
	}
	if !utf8.Valid(a.ResponseBody) {
		view.ResponseBody, view.ResponseBodyEncoding = base64.StdEncoding.EncodeToString(a.ResponseBody), "base64"
	}
	view.Phases = showPhases(a.Phases)
	for _, h := range a.ResponseHeader {
		view.ResponseHeaders = append(view.ResponseHeaders, responseField{Name: h[0], Value: h[1]})
	}
	return view
}

// workflowURL is the page of a workflow in the Temporal UI.
func (s *server) workflowURL(id string) string {
	if s.TemporalUIURL == "" {
		return ""
	}
	return s.TemporalUIURL + "/namespaces/" + s.Namespace + "/workflows/" + url.PathEscape(id)
}
