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

// countRefused keeps that an endpoint refused a request. Those above the rate
// are counted alone: a list of them would push out all others.
func (s *server) countRefused(a *arrival, p *problem, err error) {
	f := store.Refusal{
		ID: hook.NewID(), TenantID: a.endpoint.TenantID, EndpointID: a.endpoint.ID, Remote: a.remote,
		Status: p.Status, Reason: refusalReason(p.Status, err), Detail: p.Detail,
		Fields: p.Errors[:min(len(p.Errors), maxRefusedFields)],
	}
	s.Refusals.Add(f, p.Status != http.StatusTooManyRequests)
}

// refusalReason is stable, for counting.
func refusalReason(status int, err error) string {
	switch status {
	case http.StatusUnauthorized:
		return "credential-" + string(envelope.ReasonOf(err))
	case http.StatusForbidden:
		if errors.Is(err, errDisabled) {
			return "disabled"
		}
		return "address"
	case http.StatusTooManyRequests:
		return "rate"
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
	return refusedView{
		ID: f.ID, At: timestamp{hook.IDTime(f.ID)}, Remote: f.Remote, Status: f.Status,
		Reason: f.Reason, Detail: f.Detail, Errors: f.Fields,
	}
}
