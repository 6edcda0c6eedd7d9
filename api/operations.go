package api

import (
	"context"
	"encoding/json"

	"posthorn/hook"
	"posthorn/store"
)

// operationView is work over a webhook that outlives a request.
type operationView struct {
	ID          hook.ID              `json:"id"`
	Kind        hook.OperationKind   `json:"kind" enum:"resume,recover"`
	WebhookID   hook.ID              `json:"webhook_id"`
	Status      hook.OperationStatus `json:"status" enum:"running,done,stopped" doc:"stopped: the webhook was disabled or deleted meanwhile"`
	Detail      string               `json:"detail,omitempty" doc:"Why it ended so"`
	Total       int                  `json:"total" doc:"Deliveries that it is about, as counted at its start"`
	More        bool                 `json:"more" doc:"There may be more than total: of a recovery no more than 10,000 events are counted"`
	Done        int                  `json:"done" doc:"Deliveries that it has set going"`
	Since       *timestamp           `json:"since,omitempty" doc:"Of a recovery"`
	Until       *timestamp           `json:"until,omitempty" doc:"Of a recovery"`
	Reached     *timestamp           `json:"reached,omitempty" doc:"Of a recovery: when the last event was published that it looked at, on its way from since to until"`
	Include     hook.Include         `json:"include,omitempty" enum:"failed,all" doc:"Of a recovery"`
	WorkflowURL string               `json:"workflow_url" doc:"Its workflow in the Temporal UI"`
	CreatedAt   timestamp            `json:"created_at"`
	UpdatedAt   timestamp            `json:"updated_at"`
}

// noticeView is what people are told about a webhook, by mail too where that is
// set up.
type noticeView struct {
	ID          hook.ID         `json:"id"`
	Type        string          `json:"type" doc:"The event's: webhook.failing or webhook.disabled"`
	WebhookID   hook.ID         `json:"webhook_id"`
	Data        json.RawMessage `json:"data" doc:"The event's"`
	Mail        string          `json:"mail" enum:"sending,sent,failed,none"`
	MailDetail  string          `json:"mail_detail,omitempty" doc:"Why a mail was refused, or why there is none"`
	WorkflowURL string          `json:"workflow_url" doc:"Its workflow in the Temporal UI"`
	CreatedAt   timestamp       `json:"created_at"`
}

func (s *server) operationRoutes(r *router) {
	const tag = "Operations"
	addList(r, route{method: "GET", path: "/api/v1/operations", summary: "List resumptions and recoveries", tag: tag, roles: readers}, s.listOperations)
	add(r, route{method: "GET", path: "/api/v1/operations/{id}", summary: "Show how far a resumption or recovery has come", tag: tag, roles: readers}, s.getOperation)
	addList(r, route{method: "GET", path: "/api/v1/notices", summary: "List notices about webhooks that fail", tag: tag, roles: readers}, s.listNotices)
}

type operationInput struct {
	PageInput
	WebhookID string `query:"webhook_id"`
}

func (s *server) listOperations(ctx context.Context, who caller, in *operationInput) (page[operationView], error) {
	rows, err := s.operations(ctx, who, in, hook.OperationResume, hook.OperationRecover)
	return pageOf(in.PageInput, rows, func(o hook.Operation) hook.ID { return o.ID }, s.showOperation), err
}

func (s *server) listNotices(ctx context.Context, who caller, in *operationInput) (page[noticeView], error) {
	rows, err := s.operations(ctx, who, in, hook.OperationNotify)
	return pageOf(in.PageInput, rows, func(o hook.Operation) hook.ID { return o.ID }, s.showNotice), err
}

func (s *server) operations(ctx context.Context, who caller, in *operationInput, kinds ...hook.OperationKind) ([]hook.Operation, error) {
	q, err := in.store()
	if err != nil {
		return nil, err
	}
	webhook, err := queryID("webhook_id", in.WebhookID)
	if err != nil {
		return nil, err
	}
	return s.Store.Operations(ctx, who.Tenant, store.OperationFilter{Kinds: kinds, WebhookID: webhook}, q)
}

func (s *server) getOperation(ctx context.Context, who caller, in *IDInput) (operationView, error) {
	id, err := in.id("operation")
	if err != nil {
		return operationView{}, err
	}
	o, err := s.Store.Operation(ctx, who.Tenant, id)
	if err == nil && o.Kind == hook.OperationNotify {
		err = hook.NotFound("operation")
	}
	if err != nil {
		return operationView{}, err
	}
	return s.showOperation(o), nil
}

func (s *server) showOperation(o hook.Operation) operationView {
	view := operationView{
		ID: o.ID, Kind: o.Kind, WebhookID: o.WebhookID, Status: o.Status, Detail: o.Detail, Total: o.Total, More: o.More, Done: o.Done,
		WorkflowURL: s.workflowURL(o.Workflow()), CreatedAt: timestamp{o.CreatedAt}, UpdatedAt: timestamp{o.UpdatedAt},
	}
	if o.Kind == hook.OperationRecover {
		view.Since, view.Until, view.Include = &timestamp{o.Recovery.Since}, &timestamp{o.Recovery.Until}, o.Recovery.Include
		if !o.Reached.IsZero() {
			view.Reached = &timestamp{o.Reached}
		}
	}
	return view
}

func (s *server) showNotice(o hook.Operation) noticeView {
	view := noticeView{
		ID: o.ID, Type: o.Notice.Type, WebhookID: o.WebhookID, Data: o.Notice.Data, Mail: "sending", MailDetail: o.Detail,
		WorkflowURL: s.workflowURL(o.Workflow()), CreatedAt: timestamp{o.CreatedAt},
	}
	switch {
	case o.Status == hook.OperationFailed:
		view.Mail = "failed"
	case o.Status == hook.OperationDone && len(o.Notice.Sent) == 0:
		view.Mail = "none"
	case o.Status == hook.OperationDone:
		view.Mail = "sent"
	}
	return view
}
