package store

import (
	"context"
	"strconv"
	"time"

	"posthorn/hook"
	"posthorn/store/db"
)

// CreateWebhook adds a webhook as given.
func (s *Store) CreateWebhook(ctx context.Context, w hook.Webhook) (created hook.Webhook, err error) {
	secrets, headers, err := s.sealWebhook(&w)
	if err != nil {
		return created, err
	}
	err = s.tenant(ctx, w.TenantID, func(q *db.Queries) error {
		if err := checkSurvey(ctx, q, &w); err != nil {
			return err
		}
		row, err := q.InsertWebhook(ctx, db.InsertWebhookParams{
			ID: w.ID, TenantID: w.TenantID, Name: w.Name, Url: w.URL, Events: w.Events, Secrets: secrets, Headers: headers,
			Active: w.Active, Format: string(w.Format), RetryPolicy: int32s(w.RetryPolicy),
			DisableAfter: int32(w.DisableAfter), Timeout: int32(w.Timeout.Milliseconds()), SurveyID: w.SurveyID,
			Filter: w.Filter, Transform: w.Transform, OrderedBy: w.OrderedBy, OrderedOnFailure: string(w.OrderedOnFailure),
			RateLimit: int32(w.RateLimit), MaxInFlight: int32(w.MaxInFlight),
		})
		if err != nil {
			return err
		}
		if !w.Active {
			if err := beginPause(ctx, q, &w); err != nil {
				return err
			}
		}
		if err := publishKeys(ctx, q, &w); err != nil {
			return err
		}
		created, err = s.webhookOf(row)
		return err
	})
	return created, wrap(err, "webhook")
}

// Webhook finds one webhook.
func (s *Store) Webhook(ctx context.Context, tenant, id hook.ID) (w hook.Webhook, err error) {
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		row, err := q.Webhook(ctx, db.WebhookParams{TenantID: tenant, ID: id})
		if err != nil {
			return err
		}
		w, err = s.webhookOf(row)
		return err
	})
	return w, wrap(err, "webhook")
}

// Webhooks lists a tenant's webhooks, newest first.
func (s *Store) Webhooks(ctx context.Context, tenant hook.ID, p Page) (list []hook.Webhook, err error) {
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		rows, err := q.Webhooks(ctx, db.WebhooksParams{TenantID: tenant, Before: p.before(), MaxRows: int32(p.Limit)})
		if err != nil {
			return err
		}
		list, err = tryConvert(rows, s.webhookOf)
		return err
	})
	return list, wrap(err, "webhook")
}

// UpdateWebhook changes a webhook by edit, which sees it as it stands and may
// refuse. Disabling holds its pending deliveries, enabling resets the count of
// failures and, in the same transaction, makes the operation that resumes them.
func (s *Store) UpdateWebhook(ctx context.Context, tenant, id hook.ID, edit func(*hook.Webhook) error) (w hook.Webhook, err error) {
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		row, err := q.LockWebhook(ctx, db.LockWebhookParams{TenantID: tenant, ID: id})
		if err != nil {
			return err
		}
		if w, err = s.webhookOf(row); err != nil {
			return err
		}
		was := w
		if err := edit(&w); err != nil {
			return err
		}
		if was.SurveyID != w.SurveyID {
			if err := checkSurvey(ctx, q, &w); err != nil {
				return err
			}
		}
		if was.Active != w.Active {
			if err := turn(ctx, q, &w); err != nil {
				return err
			}
		}
		if err := publishKeys(ctx, q, &w); err != nil {
			return err
		}
		secrets, headers, err := s.sealWebhook(&w)
		if err != nil {
			return err
		}
		row, err = q.UpdateWebhook(ctx, db.UpdateWebhookParams{
			TenantID: tenant, ID: id, Name: w.Name, Url: w.URL, Events: w.Events, Secrets: secrets, Headers: headers,
			Active: w.Active, Format: string(w.Format), RetryPolicy: int32s(w.RetryPolicy),
			DisableAfter: int32(w.DisableAfter), Timeout: int32(w.Timeout.Milliseconds()),
			ConsecutiveFailures: int32(w.ConsecutiveFailures), Generation: int32(w.Generation), DisabledReason: w.DisabledReason,
			SurveyID: w.SurveyID, Filter: w.Filter, Transform: w.Transform, OrderedBy: w.OrderedBy, OrderedOnFailure: string(w.OrderedOnFailure),
			RateLimit: int32(w.RateLimit), MaxInFlight: int32(w.MaxInFlight),
		})
		if err != nil {
			return err
		}
		if err := rearrange(ctx, q, &was, &row); err != nil {
			return err
		}
		w, err = s.webhookOf(row)
		return err
	})
	if err == nil {
		s.bell.ring()
	}
	return w, wrap(err, "webhook")
}

// rearrange has what waits follow a webhook's new settings.
func rearrange(ctx context.Context, q *db.Queries, was *hook.Webhook, now *db.Webhook) error {
	if was.OrderedOnFailure == hook.OnFailureHold && now.OrderedOnFailure != string(hook.OnFailureHold) {
		if err := letGo(ctx, q, now.ID); err != nil {
			return err
		}
	}
	if was.RateLimit != int(now.RateLimit) {
		if err := q.ForgetLine(ctx, now.ID); err != nil {
			return err
		}
	}
	if was.MaxInFlight == int(now.MaxInFlight) {
		return nil
	}
	if err := q.LockPlaces(ctx, now.ID); err != nil {
		return err
	}
	return fill(ctx, q, now)
}

// turn enables or disables a webhook's deliveries.
func turn(ctx context.Context, q *db.Queries, w *hook.Webhook) error {
	w.Generation++
	if w.Active {
		w.ConsecutiveFailures, w.DisabledReason = 0, ""
		return resume(ctx, q, w)
	}
	w.DisabledReason = hook.DisabledByHand
	if err := beginPause(ctx, q, w); err != nil {
		return err
	}
	return hold(ctx, q, w.ID)
}

// checkSurvey holds a survey to its number of webhooks: whoever adds one counts
// alone.
func checkSurvey(ctx context.Context, q *db.Queries, w *hook.Webhook) error {
	if w.SurveyID == "" {
		return nil
	}
	if err := q.LockSurveys(ctx, w.TenantID); err != nil {
		return err
	}
	n, err := q.CountOfSurvey(ctx, db.CountOfSurveyParams{TenantID: w.TenantID, SurveyID: w.SurveyID, ID: w.ID})
	if err == nil && n >= hook.MaxOfSurvey {
		err = hook.Invalid("the webhook is not valid", hook.FieldError{
			Pointer: "/survey_id", Message: "this survey has " + strconv.Itoa(hook.MaxOfSurvey) + " webhooks already, which is the most; delete one",
		})
	}
	return err
}

// DeleteWebhook ends a webhook and cancels what was on its way.
func (s *Store) DeleteWebhook(ctx context.Context, tenant, id hook.ID) error {
	return wrap(s.tenant(ctx, tenant, func(q *db.Queries) error {
		if _, err := q.LockWebhook(ctx, db.LockWebhookParams{TenantID: tenant, ID: id}); err != nil {
			return err
		}
		if err := found(q.DeleteWebhook(ctx, db.DeleteWebhookParams{TenantID: tenant, ID: id})); err != nil {
			return err
		}
		if err := q.WithdrawKeys(ctx, db.WithdrawKeysParams{WebhookID: id, Kept: []string{}}); err != nil {
			return err
		}
		if err := q.DropWaiting(ctx, id); err != nil {
			return err
		}
		return q.CancelDeliveries(ctx, id)
	}), "webhook")
}

func (s *Store) sealWebhook(w *hook.Webhook) (secrets, headers []byte, err error) {
	if secrets, err = s.sealKeys(w.Keys, w.SigningKeys, place("webhooks", w.TenantID, w.ID, "secrets")); err != nil {
		return nil, nil, err
	}
	headers, err = s.seal(w.Headers, place("webhooks", w.TenantID, w.ID, "headers"))
	return secrets, headers, err
}

// settingsOf is a webhook without what is encrypted.
func settingsOf(row db.Webhook) hook.Webhook {
	w := hook.Webhook{
		ID: row.ID, TenantID: row.TenantID, Name: row.Name, URL: row.Url, Events: row.Events, Active: row.Active,
		Format: hook.Format(row.Format), RetryPolicy: ints(row.RetryPolicy), DisableAfter: int(row.DisableAfter),
		Timeout: time.Duration(row.Timeout) * time.Millisecond, ConsecutiveFailures: int(row.ConsecutiveFailures),
		Generation: int(row.Generation), DisabledReason: row.DisabledReason, CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt,
		SurveyID: row.SurveyID, Filter: row.Filter, Transform: row.Transform, OrderedBy: row.OrderedBy,
		OrderedOnFailure: hook.OnFailure(row.OrderedOnFailure), RateLimit: int(row.RateLimit), MaxInFlight: int(row.MaxInFlight),
	}
	if row.OrderErrorAt != nil {
		w.OrderError = &hook.OrderError{EventID: *row.OrderErrorEvent, Message: row.OrderError, At: *row.OrderErrorAt}
	}
	if row.FilterErrorAt != nil {
		w.FilterError = &hook.FilterError{EventID: *row.FilterErrorEvent, Message: row.FilterError, At: *row.FilterErrorAt}
	}
	return w
}

func (s *Store) webhookOf(row db.Webhook) (w hook.Webhook, err error) {
	w = settingsOf(row)
	if w.Keys, w.SigningKeys, err = s.openKeys(row.Secrets, place("webhooks", w.TenantID, w.ID, "secrets")); err != nil {
		return w, err
	}
	return w, s.open(row.Headers, place("webhooks", w.TenantID, w.ID, "headers"), &w.Headers)
}

func int32s(list []int) []int32 { return convert(list, func(i int) int32 { return int32(i) }) }
func ints(list []int32) []int   { return convert(list, func(i int32) int { return int(i) }) }
