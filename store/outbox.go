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

// Kind is the domain's.
type Kind = hook.JobKind

// Job is the domain's.
type Job = hook.Job

// The kinds of outbox rows.
const (
	KindMessage  = hook.JobMessage
	KindDelivery = hook.JobDelivery
	KindResume   = hook.JobResume
	KindRecover  = hook.JobRecover
	KindNotify   = hook.JobNotify
)

// Jobs lists rows of some shards after a row id, oldest first: what arrived.
func (s *Store) Jobs(ctx context.Context, shards []int16, after int64, limit int) ([]Job, error) {
	rows, err := s.queries().Pending(ctx, db.PendingParams{Shards: shards, After: after, MaxRows: int32(limit)})
	return convert(rows, func(r db.PendingRow) Job { return jobOf(db.WaitingRow(r)) }), wrap(err, "job")
}

// LastJob is the id of the youngest row of some shards, 0 where there is none.
func (s *Store) LastJob(ctx context.Context, shards []int16) (int64, error) {
	id, err := s.queries().LastJob(ctx, shards)
	return id, wrap(err, "job")
}

// Subject is an endpoint or a webhook that has rows of a kind.
type Subject struct {
	Shard int16
	Kind  Kind
	ID    hook.ID
}

// Subjects lists whose rows there are in some shards, at most limit after one
// of them. It takes as long as there are subjects, however many rows each has.
func (s *Store) Subjects(ctx context.Context, shards []int16, after Subject, limit int) ([]Subject, error) {
	rows, err := s.queries().Subjects(ctx, db.SubjectsParams{
		Shards: shards, Shard: after.Shard, Kind: string(after.Kind), Subject: after.ID, MaxRows: int32(limit),
	})
	return convert(rows, func(r db.SubjectsRow) Subject { return Subject{r.Shard, Kind(r.Kind), r.Subject} }), wrap(err, "job")
}

// Waiting lists the oldest rows of each of some subjects, at most limit of each,
// without those whose ids are known.
func (s *Store) Waiting(ctx context.Context, of []Subject, known []int64, limit int) ([]Job, error) {
	p := db.WaitingParams{Known: known, MaxRows: int32(limit)}
	for _, subject := range of {
		p.Shards = append(p.Shards, subject.Shard)
		p.Kinds = append(p.Kinds, string(subject.Kind))
		p.Subjects = append(p.Subjects, subject.ID)
	}
	if p.Known == nil {
		p.Known = []int64{}
	}
	rows, err := s.queries().Waiting(ctx, p)
	return convert(rows, jobOf), wrap(err, "job")
}

func jobOf(r db.WaitingRow) Job {
	j := Job{
		RowID: r.ID, Shard: r.Shard, Kind: Kind(r.Kind), Ref: r.Ref, Run: int(r.Run), Generation: int(r.Generation),
		Attempts: int(r.Attempts), DisableAfter: int(r.DisableAfter), Failures: int(r.Failures),
		TenantID: r.TenantID, SubjectID: r.SubjectID, EventType: r.EventType, URL: r.Url,
	}
	switch j.Kind {
	case KindMessage:
		j.First, j.Streamable, j.DisableAfter = j.Run == 0, true, hook.MaxInFlight+1 // nothing disables an endpoint
	case KindDelivery:
		w := hook.Webhook{RateLimit: int(r.RateLimit), MaxInFlight: int(r.MaxInFlight)}
		j.First, j.Streamable = r.Untried, r.Untried && w.Streams(r.Ordered)
	case KindResume, KindRecover, KindNotify:
	}
	return j
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
		return Job{Shard: Shard(r.EndpointID), SubjectID: r.EndpointID, Kind: KindMessage, Ref: r.ID, Run: int(r.Run)}
	})
	jobs = append(jobs, convert(deliveries, func(r db.OverdueDeliveriesRow) Job {
		return Job{Shard: Shard(r.WebhookID), SubjectID: r.WebhookID, Kind: KindDelivery, Ref: r.ID, Run: int(r.Run)}
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
	return enqueue(ctx, q, Job{SubjectID: j.SubjectID, Kind: j.Kind, Ref: j.Ref, Run: int(run)})
}

// enqueue writes outbox rows of one kind, each into the shard of its subject.
func enqueue(ctx context.Context, q *db.Queries, jobs ...Job) error {
	if len(jobs) == 0 {
		return nil
	}
	p := db.EnqueueParams{Kind: string(jobs[0].Kind)}
	for _, j := range jobs {
		p.Shards = append(p.Shards, Shard(j.SubjectID))
		p.Subjects = append(p.Subjects, j.SubjectID)
		p.Refs = append(p.Refs, j.Ref)
		p.Runs = append(p.Runs, int32(j.Run))
	}
	return q.Enqueue(ctx, p)
}
