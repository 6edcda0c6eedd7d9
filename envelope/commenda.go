package envelope

import "posthorn/hook"

// commenda is the payload of Commenda.
func commenda(o *object, e *hook.Event, w *hook.Webhook) {
	o.text("id", e.Name())
	o.text("topic", e.Type)
	o.number("triggered_at", e.OccurredAt.Unix())
	o.text("webhook_id", w.ID.String())
	o.raw("data", e.Data)
	o.text("api_version", hook.APIVersion)
}
