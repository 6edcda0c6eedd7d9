package store

import (
	"context"
	"math"
	"time"

	"posthorn/hook"
	"posthorn/store/db"
)

// placeMargin is how much longer than its timeout an attempt keeps a place
// that nobody gives back: its worker was killed.
const placeMargin = 30 * time.Second

// Permit is the answer to an attempt that its webhook's limits bound.
type Permit struct {
	Granted bool
	Place   bool          // with one of its webhook's places, which recording the attempt gives back
	Wait    time.Duration // else: until its time comes by the webhook's rate; 0: it is queued for a place, and a new run is started
}

// Permit asks whether an attempt may be made now, by its webhook's rate_limit and
// max_in_flight. promised: it waited for its time already. What is queued for a
// place has no workflow: who gives a place back starts one.
func (s *Store) Permit(ctx context.Context, d *hook.Delivery, promised bool) (p Permit, err error) {
	err = s.tx(ctx, func(q *db.Queries) error {
		p = Permit{}
		row, err := q.ShareWebhook(ctx, d.WebhookID)
		if err != nil {
			return err
		}
		if err := q.LockPlaces(ctx, d.WebhookID); err != nil {
			return err
		}
		held, err := q.Places(ctx, db.PlacesParams{WebhookID: d.WebhookID, DeliveryID: d.ID})
		if err != nil {
			return err
		}
		if row.MaxInFlight > 0 && !held.Mine && (held.Others >= row.MaxInFlight || held.Queue) {
			if _, err := q.QueueForPlace(ctx, db.QueueForPlaceParams{ID: d.ID, Run: int32(d.Run)}); err != nil {
				return err
			}
			return fill(ctx, q, &row)
		}
		if row.RateLimit > 0 {
			if p.Wait, err = claim(ctx, q, d, &row, promised || held.Mine); err != nil {
				return err
			}
			if p.Wait > 0 {
				if !held.Mine {
					return nil
				}
				return leavePlace(ctx, q, &row, d.ID)
			}
		}
		p.Granted = true
		if p.Place = row.MaxInFlight > 0; !p.Place {
			return nil
		}
		return takePlace(ctx, q, &row, d.ID)
	})
	if err == nil && !p.Granted {
		s.bell.ring() // others may have got a place
	}
	return p, wrap(err, "delivery")
}

// claim takes an attempt from a webhook's rate, or says when to come back.
func claim(ctx context.Context, q *db.Queries, d *hook.Delivery, w *db.Webhook, promised bool) (time.Duration, error) {
	got, err := q.ClaimAttempt(ctx, db.ClaimAttemptParams{
		WebhookID: w.ID, TenantID: w.TenantID, Rate: float64(w.RateLimit), Burst: float64(hook.RateBurst(int(w.RateLimit))), Promised: promised,
	})
	if err != nil || got.Granted {
		return 0, err
	}
	wait := max(time.Duration(got.LineIn*float64(time.Second)), time.Millisecond)
	return wait, q.AwaitRate(ctx, db.AwaitRateParams{ID: d.ID, Run: int32(d.Run), Wait: wait.Seconds()})
}

func takePlace(ctx context.Context, q *db.Queries, w *db.Webhook, delivery hook.ID) error {
	timeout := time.Duration(w.Timeout)*time.Millisecond + placeMargin
	return q.TakePlace(ctx, db.TakePlaceParams{WebhookID: w.ID, DeliveryID: delivery, TenantID: w.TenantID, Seconds: timeout.Seconds()})
}

// leavePlace gives a place back, to the first who waits. The webhook and its
// places are locked.
func leavePlace(ctx context.Context, q *db.Queries, w *db.Webhook, delivery hook.ID) error {
	if err := q.FreePlace(ctx, db.FreePlaceParams{WebhookID: w.ID, DeliveryID: delivery}); err != nil {
		return err
	}
	return fill(ctx, q, w)
}

// fill hands the places that are free to those who wait, and starts them.
func fill(ctx context.Context, q *db.Queries, w *db.Webhook) error {
	free := int32(math.MaxInt32)
	if w.MaxInFlight > 0 {
		taken, err := q.Places(ctx, db.PlacesParams{WebhookID: w.ID})
		if err != nil {
			return err
		}
		if free = w.MaxInFlight - taken.Others; free <= 0 || !taken.Queue {
			return nil
		}
	}
	rows, err := q.FillPlaces(ctx, db.FillPlacesParams{WebhookID: w.ID, Free: free})
	if err != nil {
		return err
	}
	var jobs []Job
	for _, r := range rows {
		jobs = append(jobs, Job{SubjectID: w.ID, Kind: KindDelivery, Ref: r.ID, Run: int(r.Run)})
		if w.MaxInFlight > 0 {
			if err := takePlace(ctx, q, w, r.ID); err != nil {
				return err
			}
		}
	}
	return enqueue(ctx, q, jobs...)
}

// LeavePlace gives back the place of a delivery that makes no attempt after all.
func (s *Store) LeavePlace(ctx context.Context, d *hook.Delivery) error {
	err := s.tx(ctx, func(q *db.Queries) error {
		row, err := q.ShareWebhook(ctx, d.WebhookID)
		if err != nil {
			return err
		}
		if err := q.LockPlaces(ctx, d.WebhookID); err != nil {
			return err
		}
		return leavePlace(ctx, q, &row, d.ID)
	})
	if err == nil {
		s.bell.ring()
	}
	return wrap(err, "delivery")
}

// FreePlaces gives on the places of attempts that ended without a word.
func (s *Store) FreePlaces(ctx context.Context, limit int) error {
	webhooks, err := s.queries().ExpiredPlaces(ctx, int32(limit))
	for _, id := range webhooks {
		if err != nil {
			break
		}
		err = s.tx(ctx, func(q *db.Queries) error {
			row, err := q.ShareWebhook(ctx, id)
			if err != nil {
				return err
			}
			if err := q.LockPlaces(ctx, id); err != nil {
				return err
			}
			if err := q.FreeExpired(ctx, id); err != nil {
				return err
			}
			return fill(ctx, q, &row)
		})
	}
	if len(webhooks) > 0 && err == nil {
		s.bell.ring()
	}
	return wrap(err, "place")
}
