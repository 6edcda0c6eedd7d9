package envelope

import "posthorn/hook"

// standard is the payload that the Standard Webhooks specification recommends.
func standard(o *object, e *hook.Event, _ *hook.Webhook) {
	o.text("type", e.Type)
	o.text("timestamp", hook.FormatTime(e.OccurredAt))
	o.raw("data", e.Data)
}
