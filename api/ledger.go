package api

import (
	"cmp"
	"context"
	"maps"
	"net/url"
	"slices"
	"time"

	"posthorn/hook"
	"posthorn/store"
)

// ledgerRows is how many endpoints, and webhooks, a ledger shows.
const ledgerRows = 100

// inFlight is the ledger's word for what is accepted and not archived, and for
// deliveries that are pending.
const inFlight = "in_flight"

type ledgerView struct {
	At         timestamp           `json:"at"`
	Balanced   bool                `json:"balanced" doc:"accepted = archived + in_flight, and made = delivered + in_flight + held + failed + cancelled, in one snapshot of the database"`
	Recounted  *bool               `json:"recounted,omitempty" doc:"Where recount was asked for: whether counting every row says the same"`
	Messages   messageLedgerView   `json:"messages"`
	Deliveries deliveryLedgerView  `json:"deliveries"`
	Endpoints  []endpointCountView `json:"endpoints" doc:"Those with the most in flight first; at most 100"`
	Webhooks   []webhookCountView  `json:"webhooks" doc:"Those with the most in flight, held and failed first; at most 100"`
}

type messageCountView struct {
	Accepted int64 `json:"accepted" doc:"Ever; without duplicates"`
	Archived int64 `json:"archived"`
	InFlight int64 `json:"in_flight" doc:"Accepted and not archived yet"`
}

type messageLedgerView struct {
	messageCountView
	Oldest timestamp         `json:"oldest_in_flight" doc:"When the oldest in flight was received; null where there is none"`
	Links  map[string]string `json:"links" doc:"The messages behind each number"`
}

type deliveryCountView struct {
	Made      int64 `json:"made" doc:"Ever: one for each event and webhook that matched; without tests"`
	Delivered int64 `json:"delivered"`
	InFlight  int64 `json:"in_flight" doc:"Pending: to be attempted, at once or when a retry is due"`
	Held      int64 `json:"held"`
	Failed    int64 `json:"failed"`
	Cancelled int64 `json:"cancelled"`
}

type deliveryLedgerView struct {
	deliveryCountView
	Oldest timestamp         `json:"oldest_in_flight" doc:"When the oldest in flight was made; null where there is none"`
	Due    int               `json:"due" doc:"Those in flight that wait for no retry: the queue's depth. Counted up to 10000"`
	Links  map[string]string `json:"links" doc:"The deliveries behind each number"`
}

type endpointCountView struct {
	ID   hook.ID `json:"id"`
	Name string  `json:"name"`
	messageCountView
}

type webhookCountView struct {
	ID   hook.ID `json:"id"`
	Name string  `json:"name"`
	deliveryCountView
}

func (s *server) ledgerRoutes(r *router) {
	add(r, route{
		method: "GET", path: "/api/v1/ledger", summary: "Show the balance of all messages and deliveries", tag: "Operation", roles: readers,
		help: "Every message that was accepted is archived or in flight; every delivery that was made is delivered, in flight, held, failed or cancelled. " +
			"The numbers are kept, not counted: it costs little, however many there are. Test deliveries stand outside.",
	}, s.getLedger)
}

func (s *server) getLedger(ctx context.Context, who caller, in *struct {
	Recount bool `query:"recount" doc:"Also count every row and compare; 409 where there are more than 2000000"`
}) (view ledgerView, err error) {
	if in.Recount {
		same, err := s.Store.Recount(ctx, who.Tenant)
		if err != nil {
			return view, err
		}
		view.Recounted = &same
	}
	l, err := s.Store.Ledger(ctx, who.Tenant)
	if err != nil {
		return view, err
	}
	view.At, view.Balanced = timestamp{hook.Time(time.Now())}, l.Messages.Balanced() && l.Deliveries.Balanced()
	view.Messages = messageLedgerView{
		messageCountView: showMessages(l.Messages), Oldest: timestamp{l.OldestMessage},
		Links: ledgerLinks("/api/v1/messages", nil, "accepted", "archived", inFlight),
	}
	view.Deliveries = deliveryLedgerView{
		deliveryCountView: showDeliveries(l.Deliveries), Oldest: timestamp{l.OldestDelivery}, Due: l.Due,
		Links: ledgerLinks("/api/v1/deliveries", url.Values{"test": {"false"}}, "made", "delivered", inFlight, "held", "failed", "cancelled"),
	}
	view.Endpoints = first(l.Endpoints, func(c store.EndpointCounts) int64 { return c.InFlight },
		func(c store.EndpointCounts) endpointCountView {
			return endpointCountView{c.ID, c.Name, showMessages(c.MessageCounts)}
		})
	view.Webhooks = first(l.Webhooks, func(c store.WebhookCounts) int64 { return c.InFlight + c.Held + c.Failed },
		func(c store.WebhookCounts) webhookCountView {
			return webhookCountView{c.ID, c.Name, showDeliveries(c.DeliveryCounts)}
		})
	return view, nil
}

// ledgerLinks are the lists behind a ledger's numbers, of which the first is
// the number of all.
func ledgerLinks(path string, query url.Values, all string, states ...string) map[string]string {
	links := map[string]string{all: path}
	if len(query) > 0 {
		links[all] += "?" + query.Encode()
	}
	for _, state := range states {
		q := url.Values{"status": {state}}
		maps.Copy(q, query)
		links[state] = path + "?" + q.Encode()
	}
	return links
}

// first shows those with the greatest weight.
func first[A, B any](list []A, weight func(A) int64, show func(A) B) []B {
	slices.SortStableFunc(list, func(a, b A) int { return cmp.Compare(weight(b), weight(a)) })
	views := []B{}
	for _, a := range list[:min(len(list), ledgerRows)] {
		views = append(views, show(a))
	}
	return views
}

func showMessages(c hook.MessageCounts) messageCountView {
	return messageCountView{c.Accepted, c.Archived, c.InFlight}
}

func showDeliveries(c hook.DeliveryCounts) deliveryCountView {
	return deliveryCountView{c.Made, c.Delivered, c.InFlight, c.Held, c.Failed, c.Cancelled}
}
