// Package activities is what workflows do to the world: look at a row, fetch
// an attachment, seal a record, attempt a delivery, send a mail. Each may run again after a
// crash and comes to the same end. When and how often they run is decided by
// the workflows.
package activities

import (
	"log/slog"

	"posthorn/archive"
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
	Mail          *mail.Sender // nil: nobody is told by mail
	URL           string       // where people reach Posthorn; "": mails and workflows have no link
	MaxAttachment int64        // bytes of an attachment that is fetched
	Log           *slog.Logger
	Version       string
}

// DefaultMaxAttachment is how large an attachment given by URL may be, in bytes.
const DefaultMaxAttachment = 100 << 20
