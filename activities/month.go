package activities

import (
	"context"

	"go.temporal.io/sdk/activity"

	"posthorn/hook"
	"posthorn/store"
)

// Month is a month that has partitions in the database: "2026-11".
type Month = store.Month

// Dropped is what went of a month, and what keeps the rest.
type Dropped = store.Dropped

// Partitions says how the database's tables are divided.
type Partitions struct {
	Made   []Month // of which partitions were missing
	Past   []Month // that are over and still there, oldest first
	Strays bool    // rows lie outside of every month, where they never go
}

// MakeMonths makes the partitions of the next months.
func (a *Activities) MakeMonths(ctx context.Context) (p Partitions, err error) {
	if p.Made, err = a.Store.MakeMonths(ctx); err != nil {
		return p, err
	}
	if p.Past, err = a.Store.PastMonths(ctx); err != nil {
		return p, err
	}
	p.Strays, err = a.Store.HasStrays(ctx)
	return p, err
}

// DropMonth drops a month's partitions, where nothing keeps them.
func (a *Activities) DropMonth(ctx context.Context, m Month) (Dropped, error) {
	retention := a.Retention
	if retention == 0 {
		retention = hook.DefaultRetention
	}
	var soFar Dropped
	_ = activity.GetHeartbeatDetails(ctx, &soFar) // of the try before
	d, err := a.Store.DropMonth(ctx, m, retention, func(d Dropped) {
		d.Deliveries += soFar.Deliveries
		activity.RecordHeartbeat(ctx, d)
	})
	d.Deliveries += soFar.Deliveries
	return d, err
}
