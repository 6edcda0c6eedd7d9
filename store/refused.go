package store

import (
	"context"
	"encoding/json"
	"time"

	"posthorn/hook"
	"posthorn/store/db"
)

// RefusalCount is how many requests an endpoint refused for one reason in the
// last 30 days.
type RefusalCount struct {
	Reason string
	Status int
	Count  int64
}

// Refusals lists the last requests that an endpoint refused, at most 100 and
// none older than 30 days, and counts all of these days.
func (s *Store) Refusals(ctx context.Context, tenant, endpoint hook.ID, p Page) (list []Refusal, counts []RefusalCount, err error) {
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		if _, err := q.Endpoint(ctx, db.EndpointParams{TenantID: tenant, ID: endpoint}); err != nil {
			return err
		}
		rows, err := q.Refusals(ctx, db.RefusalsParams{
			TenantID: tenant, EndpointID: endpoint, Before: p.before(), Since: expired(), MaxRows: int32(p.Limit),
		})
		if err != nil {
			return err
		}
		if list, err = tryConvert(rows, refusalOf); err != nil {
			return err
		}
		totals, err := q.RefusalCounts(ctx, db.RefusalCountsParams{TenantID: tenant, EndpointID: endpoint, Days: refusalDays})
		counts = convert(totals, func(r db.RefusalCountsRow) RefusalCount {
			return RefusalCount{Reason: r.Reason, Status: int(r.Status), Count: r.Count}
		})
		return err
	})
	return list, counts, wrap(err, "endpoint")
}

// Refused finds one refused request, with what is kept of it.
func (s *Store) Refused(ctx context.Context, tenant, endpoint, id hook.ID) (f Refusal, err error) {
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		if _, err := q.Endpoint(ctx, db.EndpointParams{TenantID: tenant, ID: endpoint}); err != nil {
			return wrap(err, "endpoint")
		}
		row, err := q.Refusal(ctx, db.RefusalParams{TenantID: tenant, EndpointID: endpoint, ID: id, Since: expired()})
		if err != nil {
			return err
		}
		f, err = s.openRefusal(row)
		return err
	})
	return f, wrap(err, "refused request")
}

func refusalOf(r db.RefusalsRow) (Refusal, error) {
	f := Refusal{
		ID: r.ID, TenantID: r.TenantID, EndpointID: r.EndpointID, Remote: r.Remote,
		Status: int(r.Status), Reason: r.Reason, Detail: r.Detail, Kind: hook.KeptKind(r.Kind), Size: int(r.Size),
	}
	set(&f.ReadmittedAt, r.ReadmittedAt)
	set(&f.MessageID, r.MessageID)
	if r.Explanation != nil {
		if err := json.Unmarshal(r.Explanation, &f.Explanation); err != nil {
			return f, err
		}
	}
	return f, json.Unmarshal(r.Fields, &f.Fields)
}

func (s *Store) openRefusal(r db.Refusal) (Refusal, error) {
	f, err := refusalOf(db.RefusalsRow{
		ID: r.ID, TenantID: r.TenantID, EndpointID: r.EndpointID, Remote: r.Remote, Status: r.Status, Reason: r.Reason,
		Detail: r.Detail, Fields: r.Fields, Explanation: r.Explanation, Kind: r.Kind, Size: r.Size, ReadmittedAt: r.ReadmittedAt, MessageID: r.MessageID,
	})
	if err != nil || r.Kept == nil {
		return f, err
	}
	f.Kept = &hook.Kept{Kind: f.Kind}
	return f, s.open(r.Kept, refusalPlace(f), f.Kept)
}

func set[T any](target, value *T) {
	if value != nil {
		*target = *value
	}
}

// expired is the id of the youngest refusal that is too old.
func expired() hook.ID { return firstID(time.Now().Add(-refusalDays * 24 * time.Hour)) }
