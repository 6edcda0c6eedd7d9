package store

import (
	"context"

	"posthorn/hook"
	"posthorn/store/db"
)

// AddressNotice settles whom a notification goes to, once: those whom the
// tenant names then. Where it names nobody, or silent says that no mail is
// sent, the notification ends with that.
func (s *Store) AddressNotice(ctx context.Context, id hook.ID, run int, silent string) (hook.Operation, error) {
	return s.step(ctx, id, run, func(q *db.Queries, o *operation) error {
		if len(o.Notice.Recipients) > 0 {
			return nil
		}
		tenant, err := q.Tenant(ctx, o.TenantID)
		if err != nil {
			return err
		}
		switch {
		case silent != "":
			return o.end(ctx, q, hook.OperationDone, silent)
		case len(tenant.NotifyEmails) == 0:
			return o.end(ctx, q, hook.OperationDone, "the tenant has no notify_emails")
		}
		o.Notice.Recipients, o.Total = tenant.NotifyEmails, len(tenant.NotifyEmails)
		return o.save(ctx, q)
	})
}

// Notified records that the mail to recipient n was taken, or refused for good
// with a reason; the notification ends with the last one.
func (s *Store) Notified(ctx context.Context, id hook.ID, run, n int, refused string) (hook.Operation, error) {
	return s.step(ctx, id, run, func(q *db.Queries, o *operation) error {
		if o.Notice.Settled(n) {
			return nil
		}
		moved := 0
		if refused == "" {
			o.Notice.Sent, moved = append(o.Notice.Sent, n), 1
		} else {
			o.Notice.Refused = append(o.Notice.Refused, n)
		}
		if err := o.save(ctx, q); err != nil {
			return err
		}
		if err := o.advance(ctx, q, moved, nil); err != nil || len(o.Notice.Sent)+len(o.Notice.Refused) < o.Total {
			return err
		}
		if len(o.Notice.Sent) == 0 {
			return o.end(ctx, q, hook.OperationFailed, refused)
		}
		return o.end(ctx, q, hook.OperationDone, refused)
	})
}

// save keeps what an operation has come to know.
func (o *operation) save(ctx context.Context, q *db.Queries) error {
	return q.SetOperationInput(ctx, db.SetOperationInputParams{
		ID: o.ID, Input: hook.EncodeJSON(inputOf(o.Operation)), Total: int32(o.Total),
	})
}

// Notice finds a notification and the webhook that it is about, without its
// secrets.
func (s *Store) Notice(ctx context.Context, id hook.ID) (o hook.Operation, w hook.Webhook, tenant hook.Tenant, err error) {
	row, err := s.queries().OperationByID(ctx, id)
	if err != nil {
		return o, w, tenant, wrap(err, "operation")
	}
	if o, err = operationOf(row); err != nil {
		return o, w, tenant, err
	}
	err = s.tx(ctx, func(q *db.Queries) error {
		of, err := q.ShareWebhook(ctx, o.WebhookID)
		if err != nil {
			return err
		}
		t, err := q.Tenant(ctx, o.TenantID)
		w, tenant = settingsOf(of), tenantOf(t)
		return err
	})
	return o, w, tenant, wrap(err, "webhook")
}
