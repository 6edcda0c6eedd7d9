package activities

import (
	"context"

	"posthorn/hook"
	"posthorn/store"
)

// permit asks for a delivery's turn among those of its key, and for an attempt
// by its webhook's limits. Where there is none yet, ended says so: the run ends,
// and whoever goes before starts the next one, or the step says how long to
// wait. place: the attempt has one of its webhook's places.
func (a *Activities) permit(ctx context.Context, in AttemptInput, t *store.ToAttempt, step *Step) (place, ended bool, err error) {
	d := &t.Delivery
	if d.Ordered && d.Turn == hook.TurnNone {
		goes, err := a.Store.TakeTurn(ctx, d)
		switch {
		case hook.CodeOf(err) == hook.CodeNotFound: // it moved on meanwhile
			step.Done, step.Reason = true, superseded
			return false, true, nil
		case err != nil:
			return false, false, err
		}
		d.Waits = !goes
	}
	if d.Waits {
		step.Done, step.Reason = true, waitsForTurn
		return false, true, nil
	}
	if !t.Webhook.Limited() {
		return false, false, nil
	}
	p, err := a.Store.Permit(ctx, d, in.Promised)
	switch {
	case err != nil:
		return false, false, err
	case p.Granted:
		return p.Place, false, nil
	case p.Wait > 0:
		step.Wait, step.Promised, step.Answer = p.Wait, true, "waits for the webhook's rate"
	default:
		step.Done, step.Reason = true, waitsForPlace
	}
	return false, true, nil
}

// Why a run ends that made no attempt: another one follows.
const (
	waitsForTurn  = "the delivery waits for another one of its key"
	waitsForPlace = "the delivery waits for one of the webhook's attempts in flight to end"
)

// leavePlace gives back the place that a delivery was handed and does not use.
func (a *Activities) leavePlace(ctx context.Context, t *store.ToAttempt) error {
	if t.Webhook.MaxInFlight == 0 {
		return nil
	}
	return a.Store.LeavePlace(ctx, &t.Delivery)
}
