package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"posthorn/hook"
	"posthorn/store/db"
)

// connection is the pool, or a transaction that a group is a part of.
type connection interface {
	db.DBTX
	SendBatch(context.Context, *pgx.Batch) pgx.BatchResults
}

// insertGroup writes a group in one round trip and, over the pool, in one
// transaction: the statements of a batch are pipelined and commit together. An
// error means that nothing was written; what fails after that is the entry's
// own error.
func (s *Store) insertGroup(ctx context.Context, over connection, group []*entry) error {
	begun := time.Now()
	leaders, followers := split(group)
	var p pipeline
	q := db.New(&p)
	claim, messages, bodies, outbox := columns(leaders)
	for _, err := range []error{
		q.ClaimKeys(ctx, claim), q.InsertMessages(ctx, messages),
		q.InsertBodies(ctx, bodies), q.EnqueueMessages(ctx, outbox),
	} {
		if err != nil {
			return err
		}
	}
	results := over.SendBatch(ctx, &p.batch)
	claimed, err := results.Exec()
	if closeErr := results.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	s.metrics.Group(len(group), time.Since(begun))
	for _, e := range leaders {
		e.result = Accepted{ID: e.message.ID, SHA256: e.digest}
	}
	if int(claimed.RowsAffected()) < len(leaders) {
		// Keys that another transaction had committed are invisible to the
		// statement that met them: this one sees whose they are.
		findFirst(ctx, over, leaders, claim)
	}
	for e, leader := range followers {
		e.result, e.err = duplicateOf(leader.result, e), leader.err
	}
	markConflicting(ctx, over, group)
	for _, e := range group {
		if e.err == nil {
			s.metrics.Accepted(e.result.Duplicate)
		}
	}
	return nil
}

// split orders a group by its key and sets apart the entries whose key stands
// in it already: one statement cannot meet a row twice.
func split(group []*entry) (leaders []*entry, followers map[*entry]*entry) {
	ordered := slices.Clone(group)
	slices.SortStableFunc(ordered, func(a, b *entry) int { return a.key.compare(b.key) })
	followers = map[*entry]*entry{}
	for _, e := range ordered {
		if n := len(leaders); n > 0 && leaders[n-1].key == e.key {
			followers[e] = leaders[n-1]
			continue
		}
		leaders = append(leaders, e)
	}
	return leaders, followers
}

func columns(group []*entry) (c db.ClaimKeysParams, m db.InsertMessagesParams, b db.InsertBodiesParams, o db.EnqueueMessagesParams) {
	for _, e := range group {
		msg := e.message
		c.EndpointIds = append(c.EndpointIds, msg.EndpointID)
		c.KeyHashes = append(c.KeyHashes, e.key.hash[:])
		c.MessageIds = append(c.MessageIds, msg.ID)
		c.Sha256s = append(c.Sha256s, e.digest[:])
		m.Sha256s = append(m.Sha256s, msg.SHA256[:])
		c.Windows = append(c.Windows, e.window.Seconds())
		m.TenantIds = append(m.TenantIds, msg.TenantID)
		m.ExternalIds = append(m.ExternalIds, msg.Payload.ExternalID)
		m.Occurred = append(m.Occurred, msg.Payload.OccurredAt)
		m.Sizes = append(m.Sizes, int32(len(msg.Raw)))
		m.BatchIds, m.BatchOffsets = append(m.BatchIds, msg.Batch.ID), append(m.BatchOffsets, int32(msg.Batch.Offset))
		b.Requests = append(b.Requests, e.request)
		b.Raws = append(b.Raws, msg.Raw)
		o.Shards = append(o.Shards, Shard(msg.EndpointID))
	}
	m.Ids, m.EndpointIds, m.KeyHashes = c.MessageIds, c.EndpointIds, c.KeyHashes
	b.Ids, b.TenantIds, b.EndpointIds, b.KeyHashes = c.MessageIds, m.TenantIds, c.EndpointIds, c.KeyHashes
	o.Ids, o.EndpointIds, o.KeyHashes = c.MessageIds, c.EndpointIds, c.KeyHashes
	return c, m, b, o
}

// findFirst tells duplicates whose they are.
func findFirst(ctx context.Context, over connection, leaders []*entry, c db.ClaimKeysParams) {
	rows, err := db.New(over).FirstMessages(ctx, db.FirstMessagesParams{EndpointIds: c.EndpointIds, KeyHashes: c.KeyHashes})
	first := make(map[dedupKey]Accepted, len(rows))
	for _, row := range rows {
		first[dedupKey{row.EndpointID, [32]byte(row.KeyHash)}] = Accepted{ID: row.MessageID, SHA256: [32]byte(row.Sha256)}
	}
	for _, e := range leaders {
		f, ok := first[e.key]
		switch {
		case !ok: // the query failed, or the key was given up just now: the caller may ask again
			e.err = hook.Unavailable(fmt.Errorf("store: whose key it is cannot be told: %w", err))
		case f.ID != e.message.ID:
			e.result = duplicateOf(f, e)
		}
	}
}

func duplicateOf(first Accepted, e *entry) Accepted {
	return Accepted{ID: first.ID, Duplicate: true, Conflicting: first.SHA256 != e.digest, SHA256: first.SHA256}
}

func markConflicting(ctx context.Context, over connection, group []*entry) {
	for _, e := range group {
		if e.err == nil && e.result.Conflicting && e.message.Nonce == nil {
			e.err = wrap(db.New(over).MarkConflicting(ctx, e.result.ID), "message")
		}
	}
}

// pipeline queues statements that answer with no rows.
type pipeline struct{ batch pgx.Batch }

func (p *pipeline) Exec(_ context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	p.batch.Queue(sql, args...)
	return pgconn.CommandTag{}, nil
}

func (p *pipeline) Query(context.Context, string, ...any) (pgx.Rows, error) {
	panic("store: a pipeline answers with no rows")
}

func (p *pipeline) QueryRow(context.Context, string, ...any) pgx.Row {
	panic("store: a pipeline answers with no rows")
}
