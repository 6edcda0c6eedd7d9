package dashboard

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"posthorn/client"
	"posthorn/hook"
	"posthorn/store"
)

type overviewPage struct {
	Ledger    client.Ledger
	Sums      []sum
	Hour      spark
	Capped    bool // there were more arrivals than are read
	Last      counts
	Webhooks  []fare
	Disabled  int // webhooks
	Failing   int
	Ack       *Latency
	Most      int
	Empty     bool // nothing is set up yet
	Endpoints bool
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
	Webhook client.Webhook
	Counts  client.DeliveryCounts
	Lately  int // failures among the last deliveries
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
	ledger, err := q.API.Ledger(q.ctx, false)
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
		Ledger: ledger, Sums: sums(&ledger), Hour: newSpark(o.Arrivals, "", now), Capped: len(o.Arrivals) == store.Most,
		Last: count(o.Deliveries), Most: store.Most, Webhooks: fares(webhooks.Items, &ledger, &o),
		Endpoints: len(endpoints.Items) > 0, Empty: len(endpoints.Items) == 0 && len(webhooks.Items) == 0,
	}
	for _, w := range webhooks.Items {
		if !w.Active {
			p.Disabled++
		} else if w.ConsecutiveFailures > 0 {
			p.Failing++
		}
	}
	if ack, ok := q.AckLatency(); ok {
		p.Ack = &ack
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
func fares(webhooks []client.Webhook, l *client.Ledger, o *store.Overview) []fare {
	var list []fare
	for _, w := range webhooks {
		f := fare{Webhook: w}
		for _, c := range l.Webhooks {
			if c.ID == w.ID {
				f.Counts = c.DeliveryCounts
			}
		}
		for _, d := range o.Deliveries {
			if d.Status == hook.DeliveryFailed && d.WebhookID.String() == w.ID {
				f.Lately++
			}
		}
		list = append(list, f)
	}
	badness := func(f fare) int64 {
		n := int64(f.Webhook.ConsecutiveFailures*1000+f.Lately*10) + f.Counts.Held + f.Counts.InFlight
		if !f.Webhook.Active {
			n += 1 << 40
		}
		return n
	}
	slices.SortStableFunc(list, func(a, b fare) int { return cmp.Compare(badness(b), badness(a)) })
	return list[:min(len(list), overviewWebhooks)]
}
