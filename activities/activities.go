// Package activities is what workflows do to the world: look at a row, fetch
// an attachment, seal a record, attempt a delivery, send a mail. Each may run again after a
// crash and comes to the same end. When and how often they run is decided by
// the workflows.
package activities

import (
	"log/slog"
	"time"

	"golang.org/x/sync/singleflight"

	"posthorn/archive"
	"posthorn/dispatch"
	"posthorn/egress"
	"posthorn/mail"
	"posthorn/store"
)

// Activities carries what the activities need; its methods are the activities.
type Activities struct {
	Store         *store.Store
	Archive       *archive.Archive
	Egress        *egress.Client
	Room          *Room
	Schedule      *dispatch.Schedule           // which attempts are made next, and which wait
	Sealing       *dispatch.Schedule           // which messages are archived next
	Settle        func(j store.Job, next Next) // says what comes after a first attempt, or a message
	Mail          *mail.Sender                 // nil: nobody is told by mail
	URL           string                       // where people reach Posthorn; "": mails and workflows have no link
	MaxAttachment int64                        // bytes of an attachment that is fetched
	Retention     time.Duration                // how long events of no endpoint are kept; 0: seven years
	Log           *slog.Logger
	Version       string

	webhooks webhooks
	segments singleflight.Group // that are being sealed, by id
	batches  singleflight.Group // likewise
}

// Next is what is to become of an outbox row.
type Next int

// What can become of it.
const (
	Forget Next = iota // it is gone
	Drop               // there is nothing to do: it is to go
	Start              // its delivery's workflow is to be started
	Retry              // it is to be read again, later
)

// DefaultMaxAttachment is how large an attachment given by URL may be, in bytes.
const DefaultMaxAttachment = 100 << 20
