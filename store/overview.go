package store

import (
	"context"
	"time"

	"posthorn/hook"
	"posthorn/store/db"
)

// Most is where counting for an overview ends: more are "more than Most".
const Most = 10_000

// Pause is what a disabled webhook waits with.
type Pause struct {
	Began time.Time // zero: it is not disabled
	Held  int       // deliveries, at most Most+1
}

// Pause tells since when a webhook is disabled and what is held.
func (s *Store) Pause(ctx context.Context, tenant, webhook hook.ID) (p Pause, err error) {
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		row, err := q.PauseOf(ctx, db.PauseOfParams{TenantID: tenant, WebhookID: webhook, MaxRows: Most + 1})
		p = Pause{Held: int(row.Held)}
		if row.Began.Unix() != 0 {
			p.Began = row.Began
		}
		return err
	})
	return p, wrap(err, "webhook")
}

// Arrival is a message that came in, with its time in its id.
type Arrival struct{ ID, EndpointID hook.ID }

// LastDelivery is a delivery as an overview counts it.
type LastDelivery struct {
	ID, WebhookID hook.ID
	Status        hook.DeliveryStatus
	Attempts      int
	UpdatedAt     time.Time
}

// Overview is what a glance shows: reading it costs the same however much there
// is.
type Overview struct {
	Arrivals   []Arrival      // since a time, the newest; at most Most
	Deliveries []LastDelivery // the last 1,000
}

// Overview reads what a tenant's first page shows.
func (s *Store) Overview(ctx context.Context, tenant hook.ID, since time.Time) (o Overview, err error) {
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		arrivals, err := q.Arrivals(ctx, db.ArrivalsParams{TenantID: tenant, Since: firstID(since), MaxRows: Most})
		if err != nil {
			return err
		}
		o.Arrivals = convert(arrivals, func(r db.ArrivalsRow) Arrival { return Arrival(r) })
		last, err := q.LastDeliveries(ctx, db.LastDeliveriesParams{TenantID: tenant, MaxRows: 1000})
		o.Deliveries = convert(last, func(r db.LastDeliveriesRow) LastDelivery {
			return LastDelivery{r.ID, r.WebhookID, hook.DeliveryStatus(r.Status), int(r.Attempts), r.UpdatedAt}
		})
		return err
	})
	return o, wrap(err, "overview")
}
