package hook

// Retry is how a delivery is attempted once more at an operator's wish.
type Retry int

// The ways to attempt a delivery once more.
const (
	RetryNothing Retry = iota // an attempt is under way
	RetryNow                  // do not wait; the schedule goes on
	RetryAnew                 // the schedule begins anew
)

// Retry decides how a delivery to a webhook is attempted once more. A webhook
// that is disabled or deleted gets nothing, but a test reaches a disabled one.
func (d *Delivery) Retry(w *Webhook, waiting bool) (Retry, error) {
	switch {
	case !w.Active && !d.Test:
		return RetryNothing, Conflict("the webhook is disabled; enable it first")
	case d.Waits:
		return RetryNothing, Conflict("the delivery waits for its turn; see waits_for")
	case d.Open() && !waiting && d.Status != DeliveryHeld:
		return RetryNothing, nil
	case d.Open() || d.Status == DeliveryHeld:
		return RetryNow, nil
	}
	return RetryAnew, nil
}

// Open reports whether attempts are still to be made: it is pending, or was
// delivered and is to be delivered once more.
func (d *Delivery) Open() bool {
	return d.Status == DeliveryPending || d.Status == DeliveryDelivered && (d.Due || d.Waits)
}

// Outcome decides what follows from an attempt of the delivery by its webhook's
// retry policy. A test is not attempted again.
func (d *Delivery) Outcome(a *Attempt, policy []int) Outcome {
	if d.Test {
		policy = nil
	}
	return After(a, a.Number-d.AttemptsBefore, policy)
}

// CheckCancel refuses to cancel a delivery that has ended otherwise; one that
// failed and holds others up is given up so.
func (d *Delivery) CheckCancel() error {
	if d.Status == DeliveryFailed && d.Turn != TurnHolds || d.Status == DeliveryDelivered && !d.Open() {
		return Conflict("the delivery has ended: it is " + string(d.Status))
	}
	return nil
}
