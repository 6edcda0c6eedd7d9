package store

import (
	"context"

	"posthorn/hook"
	"posthorn/store/db"
)

// How many faults a process records in a second, and at once. While the object
// store is away every message that comes in fails, and the database has better
// to do.
const (
	faultsPerSecond = 20
	faultsAtOnce    = 50
)

// RecordArchiveFault notes what a try to archive a message came to. What is too
// much at a time is left out: it is there to be looked at, and counts nothing.
func (s *Store) RecordArchiveFault(ctx context.Context, message hook.ID, problem string) error {
	if !s.faults.Allow() {
		return nil
	}
	const most = 500 // bytes
	problem = text(problem[:min(len(problem), most)])
	return wrap(s.queries().RecordArchiveFault(ctx, db.RecordArchiveFaultParams{MessageID: message, Error: problem}), "fault")
}

// ArchiveFaults lists what keeps a tenant's messages from being archived, at
// most limit of it, and the oldest messages that wait.
func (s *Store) ArchiveFaults(ctx context.Context, tenant hook.ID, limit int) (faults []hook.ArchiveFault, waiting []hook.Waiting, err error) {
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		counted, err := q.ArchiveFaults(ctx, db.ArchiveFaultsParams{TenantID: tenant, Limit: int32(limit)})
		if err != nil {
			return err
		}
		faults = convert(counted, func(row db.ArchiveFaultsRow) hook.ArchiveFault {
			return hook.ArchiveFault{Error: row.Error, Messages: int(row.Messages), FirstAt: row.FirstAt, LastAt: row.LastAt}
		})
		rows, err := q.WaitingMessages(ctx, db.WaitingMessagesParams{TenantID: tenant, Limit: int32(limit)})
		waiting = convert(rows, func(row db.WaitingMessagesRow) hook.Waiting {
			w := hook.Waiting{ID: row.ID, Error: row.Error, Tries: int(row.Tries)}
			if w.Tries > 0 {
				w.LastAt = row.LastAt
			}
			return w
		})
		return err
	})
	return faults, waiting, wrap(err, "fault")
}
