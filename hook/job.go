package hook

import "time"

// JobKind says what an outbox row starts.
type JobKind string

// The kinds of outbox rows.
const (
	JobMessage  JobKind = "message"
	JobDelivery JobKind = "delivery"
	JobResume   JobKind = JobKind(OperationResume)
	JobRecover  JobKind = JobKind(OperationRecover)
	JobNotify   JobKind = JobKind(OperationNotify)
)

// Job is an outbox row: a run of a message's, a delivery's or an operation's
// workflow that is to be started.
type Job struct {
	RowID int64
	Shard int16
	Kind  JobKind
	Ref   ID
	Run   int

	Generation   int  // of the webhook: when an operation was made, or now
	Attempts     int  // of a delivery, so far
	First        bool // a delivery that waits for the first attempt of its run, and is no test; a message's first run
	Streamable   bool // a delivery whose first attempt may be made in a dispatch run
	DisableAfter int  // of a delivery's webhook
	Failures     int  // of a delivery's webhook, in a row

	// Of a delivery whose first attempt just failed. Not kept: who reads the row
	// later finds in the delivery when the next attempt is due.
	Due    time.Time // for the next attempt
	Answer string    // a status code or a class of failure

	// What the Temporal UI shows of it.
	TenantID  ID
	SubjectID ID     // the endpoint's or the webhook's
	EventType string // of a delivery
	URL       string // of the webhook
}
