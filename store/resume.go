package store

import (
	"context"

	"posthorn/hook"
	"posthorn/store/db"
)

// resume makes the operation that sets going again what a webhook holds. The
// webhook is locked, and its generation raised.
func resume(ctx context.Context, q *db.Queries, w *hook.Webhook) error {
	if err := q.EndPauses(ctx, w.ID); err != nil {
		return err
	}
	if err := nextInLanes(ctx, q, w.ID); err != nil { // behind what was published while it was disabled
		return err
	}
	held, err := q.CountHeld(ctx, w.ID)
	if err != nil || held == 0 {
		return err
	}
	return operate(ctx, q, &hook.Operation{
		TenantID: w.TenantID, WebhookID: w.ID, Kind: hook.OperationResume, Generation: w.Generation, Total: int(held),
	})
}

// Resume sets going the next deliveries that a webhook holds, the oldest first:
// no more than the webhook has room for. It is called again until the operation
// has ended: nothing is held any more, or the webhook was disabled or enabled
// anew meanwhile.
func (s *Store) Resume(ctx context.Context, id hook.ID, run int) (hook.Operation, error) {
	return s.step(ctx, id, run, func(q *db.Queries, o *operation) error {
		switch {
		case o.deleted:
			return o.end(ctx, q, hook.OperationStopped, "the webhook was deleted")
		case o.webhook.Generation != o.Generation:
			return o.end(ctx, q, hook.OperationStopped, "the webhook was disabled again")
		}
		room, err := o.room(ctx, q)
		if err != nil {
			return err
		}
		var rows []db.ResumeHeldRow
		if room > 0 {
			if rows, err = q.ResumeHeld(ctx, db.ResumeHeldParams{WebhookID: o.WebhookID, MaxRows: int32(room)}); err != nil {
				return err
			}
		}
		var jobs []Job
		for _, r := range rows {
			if !r.Waits {
				jobs = append(jobs, Job{SubjectID: o.WebhookID, Kind: KindDelivery, Ref: r.ID, Run: int(r.Run)})
			}
		}
		if err := enqueue(ctx, q, jobs...); err != nil {
			return err
		}
		if err := o.advance(ctx, q, len(rows), nil); err != nil || len(rows) == room {
			return err
		}
		return o.end(ctx, q, hook.OperationDone, "")
	})
}
