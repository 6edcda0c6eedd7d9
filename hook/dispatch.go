package hook

// Untried reports whether a delivery waits for the first attempt of its run: as
// a new one does, and one that is resumed, recovered or resent. A test does not.
func (d *Delivery) Untried() bool {
	return d.Status == DeliveryPending && d.NextAttemptAt.IsZero() && !d.Test
}

// Streamable reports whether a delivery's attempt may be made in a stream with
// others', by a dispatch run: the first of its run, where nothing asks for more
// than that it is made soon. All others are made by a workflow of their own.
func (d *Delivery) Streamable(w *Webhook) bool { return d.Untried() && w.Streams(d.Ordered) }

// Streams reports whether a webhook's deliveries, in order or not, ask for no
// more than to be attempted soon.
func (w *Webhook) Streams(ordered bool) bool { return !ordered && !w.Limited() }

// Workflow is the id of the workflow that carries a delivery, or has carried it
// to its end.
func (d *Delivery) Workflow() string {
	if d.Dispatch != (ID{}) && d.Status != DeliveryPending {
		return DispatchWorkflow(d.Dispatch)
	}
	return DeliveryWorkflow(d.ID, d.Run)
}

// DispatchWorkflow is the id of the workflow of a dispatch run.
func DispatchWorkflow(id ID) string { return "dispatch/" + id.String() }

// ArchiveManyWorkflow is the id of the workflow of a run that archives many
// messages.
func ArchiveManyWorkflow(id ID) string { return "archive/" + id.String() }

// Workflow is the id of the workflow that archives a message, or has.
func (m *Message) Workflow() string {
	if m.Dispatch != (ID{}) {
		return ArchiveManyWorkflow(m.Dispatch)
	}
	return MessageWorkflow(m.ID, m.Run)
}
