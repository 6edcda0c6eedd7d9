package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"posthorn/hook"
	"posthorn/store/db"
)

// Shards is how many parts the outbox has: each has one owner among the
// workers. It is part of the stored form.
const Shards = 16

// Shard is the part of the outbox that belongs to an endpoint or a webhook.
func Shard(id hook.ID) int16 { return int16(id[15] % Shards) }

// Kind says what an outbox row starts.
type Kind string

// The kinds of outbox rows.
const (
	KindMessage  Kind = "message"
	KindDelivery Kind = "delivery"
	KindResume   Kind = Kind(hook.OperationResume)
	KindRecover  Kind = Kind(hook.OperationRecover)
	KindNotify   Kind = Kind(hook.OperationNotify)
)

// Job is an outbox row: a run of a message's, a delivery's or an operation's
// workflow that is to be started.
type Job struct {
	RowID int64
	Shard int16
	Kind  Kind
	Ref   hook.ID
	Run   int

	Generation int // of an operation's webhook

	// What the Temporal UI shows of it.
	TenantID  hook.ID
	SubjectID hook.ID // the endpoint's or the webhook's
	EventType string  // of a delivery
	URL       string  // of the webhook
}

// Jobs lists rows of some shards after a row id, oldest first.
func (s *Store) Jobs(ctx context.Context, shards []int16, after int64, limit int) ([]Job, error) {
	rows, err := s.queries().Pending(ctx, db.PendingParams{Shards: shards, After: after, MaxRows: int32(limit)})
	return convert(rows, func(r db.PendingRow) Job {
		return Job{RowID: r.ID, Shard: r.Shard, Kind: Kind(r.Kind), Ref: r.Ref, Run: int(r.Run),
			TenantID: r.TenantID, SubjectID: r.SubjectID, EventType: r.EventType, URL: r.Url, Generation: int(r.Generation)}
	}), wrap(err, "job")
}

// Started deletes the rows whose workflows run.
func (s *Store) Started(ctx context.Context, jobs []Job) error {
	var p db.StartedParams
	for _, j := range jobs {
		p.Shards = append(p.Shards, j.Shard)
		p.Ids = append(p.Ids, j.RowID)
	}
	return wrap(s.queries().Started(ctx, p), "job")
}

// Overdue lists messages, deliveries and operations that should have come further for
// longer than grace, at most limit of each kind.
func (s *Store) Overdue(ctx context.Context, grace time.Duration, limit int) ([]Job, error) {
	messages, err := s.queries().OverdueMessages(ctx, db.OverdueMessagesParams{Grace: grace.Seconds(), MaxRows: int32(limit)})
	if err != nil {
		return nil, wrap(err, "message")
	}
	deliveries, err := s.queries().OverdueDeliveries(ctx, db.OverdueDeliveriesParams{Grace: grace.Seconds(), MaxRows: int32(limit)})
	if err != nil {
		return nil, wrap(err, "delivery")
	}
	operations, err := s.queries().OverdueOperations(ctx, db.OverdueOperationsParams{Grace: grace.Seconds(), MaxRows: int32(limit)})
	if err != nil {
		return nil, wrap(err, "operation")
	}
	jobs := convert(messages, func(r db.OverdueMessagesRow) Job {
		return Job{Shard: Shard(r.EndpointID), Kind: KindMessage, Ref: r.ID, Run: int(r.Run)}
	})
	jobs = append(jobs, convert(deliveries, func(r db.OverdueDeliveriesRow) Job {
		return Job{Shard: Shard(r.WebhookID), Kind: KindDelivery, Ref: r.ID, Run: int(r.Run)}
	})...)
	return append(jobs, convert(operations, func(r db.OverdueOperationsRow) Job {
		return Job{
			Shard: Shard(r.WebhookID), Kind: Kind(r.Kind), Ref: r.ID, Run: int(r.Run), SubjectID: r.WebhookID, Generation: int(r.Generation),
		}
	})...), nil
}

// Postpone says that an overdue job is being worked on after all.
func (s *Store) Postpone(ctx context.Context, j Job) error {
	switch j.Kind {
	case KindMessage:
		return wrap(s.queries().PostponeMessage(ctx, j.Ref), "message")
	case KindDelivery:
		return wrap(s.queries().PostponeDelivery(ctx, j.Ref), "delivery")
	default:
		return wrap(s.queries().PostponeOperation(ctx, j.Ref), "operation")
	}
}

// Rerun enqueues an overdue job under its next run; the run before ends when
// it looks at its row. Where the job has moved on meanwhile nothing happens
// and the answer is false.
func (s *Store) Rerun(ctx context.Context, j Job) (bool, error) {
	err := s.tx(ctx, func(q *db.Queries) error { return rerun(ctx, q, j) })
	if errors.Is(err, errMovedOn) {
		return false, nil
	}
	if err == nil {
		s.bell.ring()
	}
	return err == nil, wrap(err, "job")
}

// errMovedOn says that a job's row is past the run that it names, or done.
var errMovedOn = errors.New("store: the job has moved on")

func rerun(ctx context.Context, q *db.Queries, j Job) (err error) {
	var run int32
	switch j.Kind {
	case KindMessage:
		run, err = q.RerunMessage(ctx, db.RerunMessageParams{ID: j.Ref, Run: int32(j.Run)})
	case KindDelivery:
		run, err = q.RerunDelivery(ctx, db.RerunDeliveryParams{ID: j.Ref, Run: int32(j.Run)})
	default:
		run, err = q.RerunOperation(ctx, db.RerunOperationParams{ID: j.Ref, Run: int32(j.Run)})
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return errMovedOn
	}
	if err != nil {
		return err
	}
	return enqueue(ctx, q, Job{Shard: j.Shard, Kind: j.Kind, Ref: j.Ref, Run: int(run)})
}

// enqueue writes outbox rows of one kind.
func enqueue(ctx context.Context, q *db.Queries, jobs ...Job) error {
	if len(jobs) == 0 {
		return nil
	}
	p := db.EnqueueParams{Kind: string(jobs[0].Kind)}
	for _, j := range jobs {
		p.Shards = append(p.Shards, j.Shard)
		p.Refs = append(p.Refs, j.Ref)
		p.Runs = append(p.Runs, int32(j.Run))
	}
	return q.Enqueue(ctx, p)
}
