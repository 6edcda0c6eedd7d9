package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"

	"posthorn/hook"
	"posthorn/mail"
)

// OperationInput names the run of an operation.
type OperationInput struct {
	OperationID hook.ID
	Run         int
}

// Progress is how far an operation has come.
type Progress struct {
	Status hook.OperationStatus
	Done   int
	Total  int
	Detail string // why it ended so
}

// How an operation goes on.
const (
	operationSlice = 10 * time.Second      // one activity's part: then the workflow shows how far it is
	operationPause = 50 * time.Millisecond // between looks at what is under way
)

// Resume sets going what a webhook holds, for some seconds or to the end.
func (a *Activities) Resume(ctx context.Context, in OperationInput) (Progress, error) {
	return slice(ctx, in, a.Store.Resume)
}

// Recover delivers again what a webhook missed, for some seconds or to the end.
func (a *Activities) Recover(ctx context.Context, in OperationInput) (Progress, error) {
	return slice(ctx, in, a.Store.Recover)
}

// slice takes steps until the operation has ended or its time is over. What a
// step did is committed, so that nothing is lost where it is cut off.
func slice(ctx context.Context, in OperationInput, step func(context.Context, hook.ID, int) (hook.Operation, error)) (Progress, error) {
	stopping := activity.GetWorkerStopChannel(ctx)
	for began := time.Now(); ; {
		o, err := step(ctx, in.OperationID, in.Run)
		if err != nil {
			return Progress{}, err
		}
		p := progressOf(&o)
		activity.RecordHeartbeat(ctx, p)
		if o.Status != hook.OperationRunning || time.Since(began) > operationSlice {
			return p, nil
		}
		select {
		case <-ctx.Done():
			return p, ctx.Err()
		case <-stopping:
			return p, nil
		case <-time.After(operationPause):
		}
	}
}

func progressOf(o *hook.Operation) Progress {
	return Progress{Status: o.Status, Done: o.Done, Total: o.Total, Detail: o.Detail}
}

// AddressNotice settles to whom a notice is sent; Total of the answer says to
// how many. They are named by their places: a history holds no addresses.
func (a *Activities) AddressNotice(ctx context.Context, in OperationInput) (Progress, error) {
	silent := ""
	if a.Mail == nil {
		silent = "no SMTP server is set up"
	}
	o, err := a.Store.AddressNotice(ctx, in.OperationID, in.Run, silent)
	return progressOf(&o), err
}

// SendNotice sends a notice to one recipient and records it. An error is worth
// another try; the same mail may then arrive twice, under one Message-ID. With
// giveUp set it is recorded as not sent.
func (a *Activities) SendNotice(ctx context.Context, in OperationInput, recipient int, giveUp bool) (Progress, error) {
	o, w, tenant, err := a.Store.Notice(ctx, in.OperationID)
	if err != nil {
		return Progress{}, err
	}
	if o.Status != hook.OperationRunning || o.Run > in.Run || o.Notice.Settled(recipient) {
		return progressOf(&o), nil
	}
	refused := "the mail server took none for days"
	if !giveUp {
		if refused, err = a.send(ctx, mail.About{Operation: o, Tenant: tenant.Name, Link: a.link(&w)}, o.Notice.Recipients[recipient]); err != nil {
			return Progress{}, err
		}
	}
	o, err = a.Store.Notified(ctx, in.OperationID, in.Run, recipient, refused)
	return progressOf(&o), err
}

func (a *Activities) send(ctx context.Context, about mail.About, to string) (refused string, err error) {
	if a.Mail == nil {
		return "no SMTP server is set up", nil
	}
	message, err := mail.Notice(about, to)
	if err != nil {
		return "", err
	}
	err = a.Mail.Send(ctx, message)
	if final, ok := errors.AsType[*mail.RefusedError](err); ok {
		return final.Reason, nil
	}
	return "", err
}

// link is a webhook's page, where it is known at which address people are.
func (a *Activities) link(w *hook.Webhook) string {
	if a.URL == "" {
		return ""
	}
	return a.URL + "/portal/webhooks/" + w.ID.String()
}
