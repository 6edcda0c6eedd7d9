package hook

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

// OperationKind says what an operation does.
type OperationKind string

// The kinds of operations.
const (
	OperationResume  OperationKind = "resume"  // sets going again what a webhook held
	OperationRecover OperationKind = "recover" // delivers again what a webhook missed
	OperationNotify  OperationKind = "notify"  // tells people about a webhook, by mail
)

// OperationStatus is where an operation stands.
type OperationStatus string

// The states of an operation.
const (
	OperationRunning OperationStatus = "running"
	OperationDone    OperationStatus = "done"
	OperationStopped OperationStatus = "stopped" // its webhook was disabled or deleted
	OperationFailed  OperationStatus = "failed"  // nobody could be told
)

// Operation is work over a webhook that outlives a request. It is carried by a
// workflow.
type Operation struct {
	ID         ID
	TenantID   ID
	WebhookID  ID
	Kind       OperationKind
	Generation int // of the webhook when it was made
	Status     OperationStatus
	Detail     string // why it ended so
	Run        int    // of the workflow that carries it
	Total      int    // deliveries, or mails, that it is about, as far as they were counted
	More       bool   // there may be more than Total
	Done       int
	Reached    time.Time // of a recovery: when the last event was published that it looked at
	Recovery   Recovery  // of a recovery
	Notice     Notice    // of a notification
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// Workflow is the id of the workflow of the operation's run.
func (o *Operation) Workflow() string {
	return OperationWorkflow(o.Kind, o.ID, o.WebhookID, o.Generation, o.Run)
}

// OperationWorkflow is the id of the workflow of one run of an operation.
// Resuming and notifying happen once for a webhook's generation.
func OperationWorkflow(kind OperationKind, id, webhook ID, generation, run int) string {
	if kind == OperationRecover {
		return runID("recover/"+id.String(), run)
	}
	return runID(GenerationWorkflow(kind, webhook, generation), run)
}

// GenerationWorkflow names what happens once for a webhook's generation.
func GenerationWorkflow(kind OperationKind, webhook ID, generation int) string {
	return string(kind) + "/" + webhook.String() + "/" + strconv.Itoa(generation)
}

// Include says what a recovery delivers again.
type Include string

// The extents of a recovery.
const (
	IncludeFailed Include = "failed" // what failed, or was published while the webhook was disabled
	IncludeAll    Include = "all"    // also what was delivered or cancelled, and what is older than the webhook
)

// Recovery says which events are delivered again: those published from Since
// on and before Until.
type Recovery struct {
	Since   time.Time `json:"since,omitzero"`
	Until   time.Time `json:"until,omitzero"`
	Include Include   `json:"include,omitempty"`
}

// Covers reports whether the recovery is the one that is asked for; without an
// end the one that is asked for ends now, whenever that is.
func (r Recovery) Covers(asked Recovery) bool {
	return r.Since.Equal(asked.Since) && r.Include == asked.Include && (asked.Until.IsZero() || r.Until.Equal(asked.Until))
}

// Notice is what people are told about a webhook: an event's type and data.
type Notice struct {
	Type       string          `json:"type,omitempty"`
	Data       json.RawMessage `json:"data,omitempty"`
	Recipients []string        `json:"recipients,omitempty"` // set before the first mail
	Sent       []int           `json:"sent,omitempty"`       // places of those whose mail was taken
	Refused    []int           `json:"refused,omitempty"`    // places of those whom the mail server refuses
}

// Settled reports whether it is known what became of the mail to recipient n.
func (n *Notice) Settled(recipient int) bool {
	return slices.Contains(n.Sent, recipient) || slices.Contains(n.Refused, recipient)
}

// MaxInFlight is how many deliveries of a webhook resuming and recovering keep
// under way at most.
const MaxInFlight = 32

// Room is how many more deliveries of a webhook may be set going beside those
// that are under way. The first ones, and all while it fails, are no more than
// it takes to disable it.
func (w *Webhook) Room(underWay int, first bool) int {
	limit := MaxInFlight
	if first || w.ConsecutiveFailures > 0 {
		limit = min(limit, max(1, w.DisableAfter-w.ConsecutiveFailures))
	}
	room := limit - underWay
	if room < max(1, limit/4) {
		return 0 // few at a time would cost a transaction each
	}
	return room
}
