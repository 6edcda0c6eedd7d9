package store

import (
	"bytes"
	"context"
	"slices"

	"posthorn/hook"
	"posthorn/store/db"
)

// recordGroup records attempts of different deliveries, and what follows from
// them, in one transaction. What was recorded before changes nothing. A failure
// that is one too many for a webhook, or an answer that says it is gone,
// disables it and holds what is on its way.
//
// Whoever changes a webhook and its deliveries locks the webhook first, and
// rows of one table in the order of their ids: in another order two of them
// would wait for each other.
func (s *Store) recordGroup(ctx context.Context, group []*recording) error {
	ordered := slices.Clone(group)
	slices.SortFunc(ordered, func(a, b *recording) int { return bytes.Compare(a.Delivery.ID[:], b.Delivery.ID[:]) })
	return s.tx(ctx, func(q *db.Queries) error {
		counts, err := lockCounted(ctx, q, group)
		if err != nil {
			return err
		}
		firsts, err := insertAttempts(ctx, q, ordered)
		if err != nil {
			return err
		}
		for _, e := range group { // in the order in which they ended
			e.result = Recorded{First: firsts[e.Delivery.ID]}
			if e.result.First && e.counts() {
				counts.add(e)
			}
		}
		if err := counts.write(ctx, q); err != nil {
			return err
		}
		if err := inTurns(ctx, q, ordered); err != nil {
			return err
		}
		if err := counts.follow(ctx, q); err != nil {
			return err
		}
		for _, e := range group {
			if c := counts[e.Delivery.WebhookID]; c != nil {
				e.result.Failures, e.result.Disabled = c.webhook.ConsecutiveFailures, c.disabled
				e.result.Waits = e.result.Waits && (!c.disabled || e.Delivery.Test)
			}
		}
		return settled(ctx, q, ordered)
	})
}

// counts reports whether the attempt says something about its webhook.
func (e *recording) counts() bool { return !e.Delivery.Test && e.Attempt.Error != hook.ErrorTransform }

func insertAttempts(ctx context.Context, q *db.Queries, group []*recording) (map[hook.ID]bool, error) {
	var p db.InsertAttemptsParams
	for _, e := range group {
		a := e.Attempt
		p.DeliveryIds = append(p.DeliveryIds, e.Delivery.ID)
		p.Numbers = append(p.Numbers, int32(a.Number))
		p.TenantIds = append(p.TenantIds, e.Delivery.TenantID)
		p.Started = append(p.Started, a.StartedAt)
		p.Durations = append(p.Durations, milliseconds(a.Duration))
		p.StatusCodes = append(p.StatusCodes, int32(a.StatusCode))
		p.Errors = append(p.Errors, string(a.Error))
		p.ErrorDetails = append(p.ErrorDetails, text(a.ErrorDetail))
		p.ResponseHeaders = append(p.ResponseHeaders, e.header)
		p.ResponseBodies = append(p.ResponseBodies, nonNil(a.ResponseBody))
		p.Phases = append(p.Phases, e.phases)
	}
	inserted, err := q.InsertAttempts(ctx, p)
	firsts := make(map[hook.ID]bool, len(inserted))
	for _, id := range inserted {
		firsts[id] = true
	}
	return firsts, err
}

// inTurns moves the deliveries on. One that others wait for is alone in its
// group.
func inTurns(ctx context.Context, q *db.Queries, group []*recording) error {
	e := group[0]
	if !e.alone() || !e.result.First {
		return setOutcomes(ctx, q, group, false)
	}
	return inTurn(ctx, q, e.Delivery, e.Attempt.Place, func(hold bool) error {
		return setOutcomes(ctx, q, group, e.Delivery.Ordered && hold)
	})
}

// setOutcomes moves the deliveries on, and publishes which of them are given up.
// holds: what fails keeps those behind it waiting.
func setOutcomes(ctx context.Context, q *db.Queries, group []*recording, holds bool) error {
	p := db.SetOutcomesParams{Holds: holds}
	of := map[hook.ID]*recording{}
	for _, e := range group {
		if !e.result.First {
			continue
		}
		of[e.Delivery.ID] = e
		p.Ids = append(p.Ids, e.Delivery.ID)
		p.Numbers = append(p.Numbers, int32(e.Attempt.Number))
		p.Outcomes = append(p.Outcomes, string(e.Outcome.Status))
		p.Waits = append(p.Waits, e.Outcome.Wait.Seconds())
		p.Dispatches = append(p.Dispatches, e.Dispatch)
	}
	if len(of) == 0 {
		return nil
	}
	rows, err := q.SetOutcomes(ctx, p)
	if err != nil {
		return err
	}
	for _, row := range rows {
		e := of[row.ID]
		e.result.Waits = e.Outcome.Status == hook.DeliveryPending && hook.DeliveryStatus(row.Status) == hook.DeliveryPending
		if row.GivenUp && !e.Delivery.Test {
			if err := publishGivenUp(ctx, q, e.Delivery, e.Attempt); err != nil {
				return err
			}
		}
	}
	return nil
}

// settled deletes the outbox rows of what needs no further attempt. The others
// stay: their workflows are to be started.
func settled(ctx context.Context, q *db.Queries, group []*recording) error {
	var p db.StartedParams
	for _, e := range group {
		if e.Job != nil && e.result.First && !e.result.Waits {
			p.Shards = append(p.Shards, e.Job.Shard)
			p.Ids = append(p.Ids, e.Job.RowID)
		}
	}
	if len(p.Ids) == 0 {
		return nil
	}
	return q.Started(ctx, p)
}

// counted is a webhook that is locked, and what its attempts lead to.
type counted struct {
	webhook  hook.Webhook
	was      int
	disabled bool
	steps    []consequence
}

// consequence is what one attempt led to, with the webhook as it was then.
type consequence struct {
	hook.Consequence
	webhook hook.Webhook
	attempt *hook.Attempt
}

type counts map[hook.ID]*counted

func lockCounted(ctx context.Context, q *db.Queries, group []*recording) (counts, error) {
	p := db.LockCountedParams{Failed: []hook.ID{}, Succeeded: []hook.ID{}}
	for _, e := range group {
		list := &p.Failed
		if e.Attempt.Succeeded() {
			list = &p.Succeeded
		}
		if id := e.Delivery.WebhookID; e.counts() && !slices.Contains(*list, id) {
			*list = append(*list, id)
		}
	}
	list := counts{}
	rows, err := q.LockCounted(ctx, p)
	for _, row := range rows {
		w := settingsOf(row)
		list[w.ID] = &counted{webhook: w, was: w.ConsecutiveFailures}
	}
	return list, err
}

func (c counts) add(e *recording) {
	of := c[e.Delivery.WebhookID]
	if of == nil {
		return // it succeeded, and nothing had failed
	}
	then := of.webhook.Count(e.Attempt)
	if then == (hook.Consequence{}) {
		return
	}
	of.steps = append(of.steps, consequence{then, of.webhook, e.Attempt})
	if then.Disable != "" {
		of.disabled, of.webhook.Active = true, false
		of.webhook.Generation++ // those behind it count no more
	}
}

func (c counts) write(ctx context.Context, q *db.Queries) error {
	p := db.SetFailuresParams{}
	for id, of := range c {
		if of.webhook.ConsecutiveFailures != of.was {
			p.Ids = append(p.Ids, id)
			p.Failures = append(p.Failures, int32(of.webhook.ConsecutiveFailures))
		}
	}
	if len(p.Ids) == 0 {
		return nil
	}
	return q.SetFailures(ctx, p)
}

// follow does what the attempts lead to for their webhooks, which are locked.
func (c counts) follow(ctx context.Context, q *db.Queries) error {
	for _, id := range sortedIDs(c) {
		for _, step := range c[id].steps {
			var err error
			if step.Disable != "" {
				err = disable(ctx, q, step.webhook, step.Disable, step.attempt)
			} else if step.Warn {
				err = tell(ctx, q, &step.webhook, hook.EventWebhookFailing, failureData(&step.webhook, step.attempt))
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
