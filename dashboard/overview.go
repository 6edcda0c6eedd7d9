package dashboard

import (
	"slices"
	"strconv"
	"time"

	"posthorn/client"
	"posthorn/hook"
	"posthorn/store"
)

type overviewPage struct {
	Hour          spark
	Capped        bool // there were more arrivals than are read
	Pending, Held int
	Oldest        time.Time // the oldest delivery that is pending
	Last          counts    // of the last deliveries
	Webhooks      []fare
	Most          int
	Empty         bool // nothing is set up yet
	Endpoints     bool
}

// counts are the states of some deliveries, and how long they took.
type counts struct {
	All, Delivered, Failed, Held, Pending, Cancelled int
	Since                                            time.Time
	Median, Slow                                     string // from creation to delivery: half, and 95 of 100, are faster
	Parts                                            []part
}

// part is a share of a bar.
type part struct {
	Name, Class string
	Count       int
	X, Width    float64
}

// fare is how a webhook does.
type fare struct {
	Webhook               client.Webhook
	Pending, Held, Failed int
}

// overviewWebhooks is how many webhooks the overview names, the worst first.
const overviewWebhooks = 6

func (q *request) overview() error {
	if q.session.Role == hook.RoleProducer {
		return q.page("producer", "Overview", nil)
	}
	now := time.Now()
	o, err := q.Store.Overview(q.Context(), q.session.TenantID, now.Add(-time.Hour))
	if err != nil {
		return err
	}
	webhooks, err := q.API.WebhookPage(q.ctx, client.Page{Limit: 100})
	if err != nil {
		return err
	}
	endpoints, err := q.API.EndpointPage(q.ctx, client.Page{Limit: 1})
	if err != nil {
		return err
	}
	p := overviewPage{
		Hour: newSpark(o.Arrivals, "", now), Capped: len(o.Arrivals) == store.Most, Last: count(o.Deliveries), Most: store.Most,
		Endpoints: len(endpoints.Items) > 0, Empty: len(endpoints.Items) == 0 && len(webhooks.Items) == 0,
	}
	p.Webhooks = fares(webhooks.Items, &o)
	for _, open := range o.Open {
		p.Pending += open.Pending
		p.Held += open.Held
		if p.Oldest.IsZero() || !open.Oldest.IsZero() && open.Oldest.Before(p.Oldest) {
			p.Oldest = open.Oldest
		}
	}
	return q.page("overview", "Overview", p)
}

func count(list []store.LastDelivery) (c counts) {
	var took []time.Duration
	for _, d := range list {
		switch c.All++; d.Status {
		case hook.DeliveryDelivered:
			c.Delivered++
			took = append(took, max(0, d.UpdatedAt.Sub(hook.IDTime(d.ID))))
		case hook.DeliveryFailed:
			c.Failed++
		case hook.DeliveryHeld:
			c.Held++
		case hook.DeliveryPending:
			c.Pending++
		case hook.DeliveryCancelled:
			c.Cancelled++
		}
		c.Since = hook.IDTime(d.ID)
	}
	if slices.Sort(took); len(took) > 0 {
		c.Median, c.Slow = round(took[len(took)/2]), round(took[len(took)*95/100])
	}
	x := 0.0
	for _, p := range []part{
		{Name: "delivered", Class: "", Count: c.Delivered}, {Name: "failed", Class: "bad", Count: c.Failed},
		{Name: "held", Class: "held", Count: c.Held}, {Name: "pending or cancelled", Class: "rest", Count: c.Pending + c.Cancelled},
	} {
		if p.Count > 0 {
			p.X, p.Width = x, 600*float64(p.Count)/float64(c.All)
			x += p.Width
			c.Parts = append(c.Parts, p)
		}
	}
	return c
}

// round keeps what people read of a duration.
func round(d time.Duration) string {
	if d < time.Second {
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	}
	if d < time.Minute {
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	}
	return showDuration(d)
}

// fares names the webhooks, the worst first: disabled, then failing, then by
// what waits.
func fares(webhooks []client.Webhook, o *store.Overview) []fare {
	var list []fare
	for _, w := range webhooks {
		f := fare{Webhook: w}
		for _, open := range o.Open {
			if open.WebhookID.String() == w.ID {
				f.Pending, f.Held = open.Pending, open.Held
			}
		}
		for _, d := range o.Deliveries {
			if d.Status == hook.DeliveryFailed && d.WebhookID.String() == w.ID {
				f.Failed++
			}
		}
		list = append(list, f)
	}
	badness := func(f fare) int {
		n := f.Webhook.ConsecutiveFailures*1000 + f.Failed*10 + f.Held + f.Pending
		if !f.Webhook.Active {
			n += 1 << 40
		}
		return n
	}
	slices.SortStableFunc(list, func(a, b fare) int { return badness(b) - badness(a) })
	return list[:min(len(list), overviewWebhooks)]
}
