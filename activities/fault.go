package activities

import (
	"context"
	"errors"
	"strconv"
	"time"

	"posthorn/archive"
	"posthorn/hook"
)

// noteTime bounds the note of a fault.
const noteTime = 2 * time.Second

// note keeps what a try to archive a message came to, for people to see. A
// worker that stops has nothing to say; a note that fails is missed by nobody.
func (a *Activities) note(ctx context.Context, message hook.ID, err error) {
	if err == nil || errors.Is(ctx.Err(), context.Canceled) || hook.CodeOf(err) == hook.CodeNotFound {
		return
	}
	said := "the database does not take it"
	if hook.CodeOf(err) != hook.CodeUnavailable {
		if said = archive.Fault(err); said == "" {
			said = "a fault of ours: the worker's log has it"
		}
	}
	a.noted(ctx, message, said)
}

// noteAttachment keeps why an attachment could not be fetched yet.
func (a *Activities) noteAttachment(ctx context.Context, message hook.ID, n int, reason string) {
	a.noted(ctx, message, "attachment "+strconv.Itoa(n)+" cannot be fetched: "+reason)
}

func (a *Activities) noted(ctx context.Context, message hook.ID, said string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTime)
	defer cancel()
	_ = a.Store.RecordArchiveFault(ctx, message, said)
}
