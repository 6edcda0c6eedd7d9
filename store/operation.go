package store

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5"

	"posthorn/hook"
	"posthorn/store/db"
)

// operate records an operation and enqueues its workflow, in the transaction
// that causes it. One that is made once for a webhook's generation, and was
// made before, changes nothing.
func operate(ctx context.Context, q *db.Queries, o *hook.Operation) error {
	o.ID = hook.NewID()
	made, err := q.InsertOperation(ctx, db.InsertOperationParams{
		ID: o.ID, TenantID: o.TenantID, WebhookID: o.WebhookID, Kind: string(o.Kind), Generation: int32(o.Generation),
		Total: int32(o.Total), Input: hook.EncodeJSON(inputOf(o)),
	})
	if err != nil || made == 0 {
		return err
	}
	return enqueue(ctx, q, Job{SubjectID: o.WebhookID, Kind: Kind(o.Kind), Ref: o.ID})
}

// operationInput is what an operation was given, as it is kept.
type operationInput struct {
	*hook.Recovery
	*hook.Notice
	More *bool `json:"more,omitzero"`
}

func inputOf(o *hook.Operation) operationInput {
	return operationInput{&o.Recovery, &o.Notice, &o.More}
}

// Operation finds one operation.
func (s *Store) Operation(ctx context.Context, tenant, id hook.ID) (o hook.Operation, err error) {
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		row, err := q.Operation(ctx, db.OperationParams{TenantID: tenant, ID: id})
		if err != nil {
			return err
		}
		o, err = operationOf(row)
		return err
	})
	return o, wrap(err, "operation")
}

// OperationFilter narrows a list of operations; a zero webhook does not.
type OperationFilter struct {
	Kinds     []hook.OperationKind
	WebhookID hook.ID
}

// Operations lists a tenant's operations, newest first.
func (s *Store) Operations(ctx context.Context, tenant hook.ID, f OperationFilter, p Page) (list []hook.Operation, err error) {
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		rows, err := q.Operations(ctx, db.OperationsParams{
			TenantID: tenant, Before: p.before(), WebhookID: optional(f.WebhookID), MaxRows: int32(p.Limit),
			Kinds: convert(f.Kinds, func(k hook.OperationKind) string { return string(k) }),
		})
		if err != nil {
			return err
		}
		list, err = tryConvert(rows, operationOf)
		return err
	})
	return list, wrap(err, "operation")
}

// step does a part of a running operation in one transaction, with its webhook
// and then itself locked. An operation that has ended, or whose row is past the
// run, is left as it is.
func (s *Store) step(ctx context.Context, id hook.ID, run int, do func(*db.Queries, *operation) error) (o hook.Operation, err error) {
	err = s.tx(ctx, func(q *db.Queries) error {
		row, err := q.OperationByID(ctx, id)
		if err != nil {
			return err
		}
		webhook, err := q.HoldWebhook(ctx, row.WebhookID)
		if err != nil {
			return err
		}
		if row, err = q.LockOperation(ctx, id); err != nil {
			return err
		}
		if o, err = operationOf(row); err != nil {
			return err
		}
		if o.Run > run {
			o.Status, o.Detail = hook.OperationStopped, "superseded"
		}
		if o.Status != hook.OperationRunning {
			return nil
		}
		op := &operation{Operation: &o, webhook: settingsOf(webhook), deleted: webhook.DeletedAt != nil, position: row.Position}
		return do(q, op)
	})
	if err == nil {
		s.bell.ring()
	}
	return o, wrap(err, "operation")
}

// operation is one that a step works on.
type operation struct {
	*hook.Operation
	webhook  hook.Webhook
	deleted  bool
	position *hook.ID
}

// end ends the operation.
func (o *operation) end(ctx context.Context, q *db.Queries, status hook.OperationStatus, detail string) error {
	o.Status, o.Detail = status, detail
	_, err := q.EndOperation(ctx, db.EndOperationParams{ID: o.ID, Status: string(status), Detail: text(detail)})
	return err
}

// advance says how far it has come.
func (o *operation) advance(ctx context.Context, q *db.Queries, moved int, position *hook.ID) error {
	o.Done += moved
	return q.AdvanceOperation(ctx, db.AdvanceOperationParams{ID: o.ID, Moved: int32(moved), Position: position})
}

// room is how many deliveries may be set going now.
func (o *operation) room(ctx context.Context, q *db.Queries) (int, error) {
	underWay, err := q.InFlight(ctx, db.InFlightParams{WebhookID: o.WebhookID, MaxRows: hook.MaxInFlight})
	return o.webhook.Room(int(underWay), o.Done == 0), err
}

func operationOf(row db.Operation) (hook.Operation, error) {
	o := hook.Operation{
		ID: row.ID, TenantID: row.TenantID, WebhookID: row.WebhookID, Kind: hook.OperationKind(row.Kind), Generation: int(row.Generation),
		Status: hook.OperationStatus(row.Status), Detail: row.Detail, Run: int(row.Run), Total: int(row.Total), Done: int(row.Done),
		CreatedAt: hook.IDTime(row.ID), UpdatedAt: row.UpdatedAt,
	}
	if row.Position != nil {
		o.Reached = hook.IDTime(*row.Position)
	}
	input := inputOf(&o)
	return o, json.Unmarshal(row.Input, &input)
}

// missing reports whether a query found no row.
func missing(err error) bool { return errors.Is(err, pgx.ErrNoRows) }
