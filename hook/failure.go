package hook

import "slices"

// The events that Posthorn publishes about webhooks and deliveries.
const (
	EventWebhookFailing    = "webhook.failing"  // half of the failures that disable it
	EventWebhookDisabled   = "webhook.disabled" // by failures, or by an answer that it is gone
	EventDeliveryFailed    = "delivery.failed"  // its schedule is exhausted
	EventRecoveryCompleted = "recovery.completed"
	EventAttachmentFailed  = "attachment.failed"
)

// AboutDelivering reports whether an event tells how webhooks fare. Nothing is
// published about deliveries of such events: it would never end.
func AboutDelivering(eventType string) bool {
	return slices.Contains([]string{EventWebhookFailing, EventWebhookDisabled, EventDeliveryFailed, EventRecoveryCompleted}, eventType)
}

// Consequence is what a failed attempt means for its webhook.
type Consequence struct {
	Disable string // the reason, or ""
	Warn    bool   // half of the way to that
}

// Count counts an attempt that has ended, and decides what follows. Attempts of
// another generation do not count.
func (w *Webhook) Count(a *Attempt) Consequence {
	switch {
	case a.Generation != w.Generation:
		return Consequence{}
	case a.Succeeded():
		w.ConsecutiveFailures = 0
		return Consequence{}
	}
	w.ConsecutiveFailures++
	return w.AfterFailure(a)
}

// AfterFailure decides what follows for a webhook from a failed attempt, which
// its count has in it.
func (w *Webhook) AfterFailure(a *Attempt) Consequence {
	switch {
	case !w.Active:
		return Consequence{}
	case a.Gone():
		return Consequence{Disable: DisabledGone}
	case w.ConsecutiveFailures >= w.DisableAfter:
		return Consequence{Disable: DisabledByFailures}
	}
	return Consequence{Warn: w.ConsecutiveFailures == (w.DisableAfter+1)/2}
}

// FailureData is the data of the events about failing.
type FailureData struct {
	WebhookID           ID          `json:"webhook_id"`
	Name                string      `json:"name"`
	URL                 string      `json:"url"` // without its query
	Reason              string      `json:"reason,omitempty"`
	ConsecutiveFailures int         `json:"consecutive_failures,omitempty"`
	DisableAfter        int         `json:"disable_after,omitempty"`
	Held                *int        `json:"held,omitempty"` // deliveries
	DeliveryID          *ID         `json:"delivery_id,omitempty"`
	EventID             string      `json:"event_id,omitempty"`
	EventType           string      `json:"event_type,omitempty"`
	Attempts            int         `json:"attempts,omitempty"`
	LastAttempt         LastAttempt `json:"last_attempt"`
}

// LastAttempt is the attempt that led to an event.
type LastAttempt struct {
	DeliveryID ID         `json:"delivery_id"`
	Number     int        `json:"number"`
	StartedAt  string     `json:"started_at"`
	StatusCode *int       `json:"status_code"` // null where there was no answer
	Error      ErrorClass `json:"error"`
}

// Summary is an attempt without what the receiver said.
func (a *Attempt) Summary() LastAttempt {
	s := LastAttempt{DeliveryID: a.DeliveryID, Number: a.Number, StartedAt: FormatTime(a.StartedAt), Error: a.Error}
	if a.StatusCode != 0 {
		s.StatusCode = &a.StatusCode
	}
	return s
}
