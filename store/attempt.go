package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"posthorn/hook"
	"posthorn/store/db"
)

// HoldDelivery sets a delivery aside until its webhook is enabled. Where it
// was enabled meanwhile, and so resumed without this delivery, the delivery
// gets a new run instead.
func (s *Store) HoldDelivery(ctx context.Context, id hook.ID) error {
	err := s.tx(ctx, func(q *db.Queries) error {
		w, err := q.WebhookOfDelivery(ctx, id)
		if err != nil {
			return err
		}
		if !w.Active {
			return q.HoldDelivery(ctx, id)
		}
		return rerun(ctx, q, Job{SubjectID: w.ID, Kind: KindDelivery, Ref: id, Run: int(w.Run)})
	})
	if errors.Is(err, errMovedOn) {
		return nil
	}
	if err == nil {
		s.bell.ring()
	}
	return wrap(err, "delivery")
}

func attemptOf(row db.Attempt) (hook.Attempt, error) {
	a := hook.Attempt{
		DeliveryID: row.DeliveryID, Number: int(row.Number), StartedAt: row.StartedAt,
		Duration: time.Duration(row.DurationMs) * time.Millisecond, StatusCode: int(row.StatusCode),
		Error: hook.ErrorClass(row.Error), ErrorDetail: row.ErrorDetail, ResponseBody: row.ResponseBody,
	}
	phases, err := phasesOf(row.Phases)
	a.Phases = phases
	return a, errors.Join(err, json.Unmarshal(row.ResponseHeader, &a.ResponseHeader))
}

func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
