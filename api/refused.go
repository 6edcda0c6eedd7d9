package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"posthorn/envelope"
	"posthorn/hook"
	"posthorn/store"
)

// maxRefusedFields bounds how many bad fields of a refused request are kept.
const maxRefusedFields = 20

// countRefused keeps that an endpoint refused a request, and what it was where
// its shape is to blame, or nobody could tell whose it is. Those above the rate
// are counted alone: a list of them would push out all others.
func (s *server) countRefused(a *arrival, p *problem, err error, kept *hook.Kept) {
	f := store.Refusal{
		ID: hook.NewID(), TenantID: a.endpoint.TenantID, EndpointID: a.endpoint.ID, Remote: a.remote,
		Status: p.Status, Reason: refusalReason(p.Status, err), Detail: p.Detail,
		Fields: p.Errors[:min(len(p.Errors), maxRefusedFields)],
	}
	if kept != nil && readmittable(kept.Kind, p.Status) {
		f.Kept = kept
	}
	if refused, ok := errors.AsType[*refusedCallback](err); ok {
		f.Explanation = refused.explanation()
	}
	s.Refusals.Add(f, !errors.Is(err, errRate))
}

// readmittable reports whether a request that was refused so may be admitted
// later, as it is.
func readmittable(kind hook.KeptKind, status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return kind == hook.KeptPayload
	case http.StatusUnauthorized, http.StatusServiceUnavailable:
		return kind == hook.KeptUnverified
	}
	return false
}

// refusalReason is stable, for counting.
func refusalReason(status int, err error) string {
	if refused, ok := errors.AsType[*refusedCallback](err); ok {
		return string(refused.verdict.Reason)
	}
	switch {
	case errors.Is(err, errDisabled):
		return "disabled"
	case errors.Is(err, errRate):
		return "rate"
	}
	switch status {
	case http.StatusUnauthorized:
		return "credential-" + string(envelope.ReasonOf(err))
	case http.StatusForbidden:
		return "address"
	case http.StatusRequestTimeout:
		return "slow"
	}
	return string(hook.CodeOf(err))
}

type refusedView struct {
	ID     hook.ID           `json:"id"`
	At     timestamp         `json:"at"`
	Remote string            `json:"remote" doc:"The client's address"`
	Status int               `json:"status"`
	Reason string            `json:"reason" doc:"In a word, as it is counted"`
	Detail string            `json:"detail" doc:"What the client was told"`
	Errors []hook.FieldError `json:"errors,omitempty" doc:"The bad fields"`

	Kept         *hook.KeptKind `json:"kept" enum:"payload,unverified" doc:"Why the request is kept: it was authentic and its payload was refused, or it could not be verified; null where nothing of it is kept"`
	Size         int            `json:"size" doc:"Of the body as received, bytes, where it is kept"`
	ReadmittedAt timestamp      `json:"readmitted_at" doc:"When it was admitted after all"`
	MessageID    *hook.ID       `json:"message_id" doc:"The message that it became, or that it is a duplicate of"`

	Explanation *explanationView `json:"explanation,omitempty" doc:"Of a provider's callback: how it was checked, and why that failed"`
}

type explanationView struct {
	Provider string `json:"provider"`
	Scheme   string `json:"scheme" doc:"The way to sign that it was checked by"`
	Reason   string `json:"reason"`
	Message  string `json:"message" doc:"What is wrong"`
	Signed   string `json:"signed" doc:"The string to sign as we saw it, or its beginning, secrets replaced"`
	URL      string `json:"url" doc:"The URL that the check used"`
	Cause    string `json:"cause" doc:"The likely cause, and what to do"`
}

type refusedCount struct {
	Reason string `json:"reason"`
	Status int    `json:"status"`
	Count  int64  `json:"count"`
}

type refusedReply struct {
	Body struct {
		pageAnswer[refusedView]
		Counts []refusedCount `json:"counts" doc:"All of the last 30 days by reason, those above the rate, too"`
	}
}

// refusedRoute serves the last 100 requests that an endpoint refused. Other
// lists have no counts beside them.
func (s *server) refusedRoute(r *router) {
	rt := route{
		method: "GET", path: "/api/v1/endpoints/{id}/refused", tag: "Endpoints", roles: readers,
		summary: "List the last requests that an inbound endpoint refused, and count all",
	}
	huma.Register(r.api, r.operation(rt), func(ctx context.Context, in *struct {
		IDInput
		PageInput
	}) (*refusedReply, error) {
		who, _ := ctx.Value(callerKey{}).(caller)
		reply, err := s.refused(ctx, who, in.IDInput, in.PageInput)
		if err != nil {
			return nil, r.fail(ctx, rt, err)
		}
		return reply, nil
	})
}

func (s *server) refused(ctx context.Context, who caller, in IDInput, p PageInput) (*refusedReply, error) {
	id, err := in.id("endpoint")
	if err != nil {
		return nil, err
	}
	q, err := p.store()
	if err != nil {
		return nil, err
	}
	rows, counts, err := s.Store.Refusals(ctx, who.Tenant, id, q)
	if err != nil {
		return nil, err
	}
	page := pageOf(p, rows, func(f store.Refusal) hook.ID { return f.ID }, showRefusal)
	reply := &refusedReply{}
	reply.Body.pageAnswer = pageAnswer[refusedView]{Success: true, Data: page.items}
	if page.next != "" {
		reply.Body.NextCursor = &page.next
	}
	reply.Body.Counts = make([]refusedCount, len(counts))
	for i, c := range counts {
		reply.Body.Counts[i] = refusedCount(c)
	}
	return reply, nil
}

func showRefusal(f store.Refusal) refusedView {
	view := refusedView{
		ID: f.ID, At: timestamp{hook.IDTime(f.ID)}, Remote: f.Remote, Status: f.Status, Reason: f.Reason, Detail: f.Detail,
		Errors: f.Fields, Size: f.Size, ReadmittedAt: timestamp{f.ReadmittedAt},
	}
	if f.Explanation != nil {
		view.Explanation = new(explanationView(*f.Explanation))
	}
	if f.Kind != "" {
		view.Kept = &f.Kind
	}
	if f.MessageID != (hook.ID{}) {
		view.MessageID = &f.MessageID
	}
	return view
}
