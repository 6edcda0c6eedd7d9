package store

import (
	"context"
	"time"

	"posthorn/store/db"
)

// operationDays is for how long an operation, or a notice, is kept once it has
// ended.
const operationDays = 90

// batchTime is for how long messages of a batch may still come to be: much longer
// than anybody waits for them.
const batchTime = time.Hour

// Prune deletes what has expired: keys against duplicates, what is kept of
// refused requests, and of requests with an Idempotency-Key, operations that
// ended long ago, public keys that sign no more, faults that are overcome, and batches without messages. It also adds the ledger's
// changes to its totals. It takes at most limit rows of each kind, in a
// transaction each, and reports whether there may be more.
func (s *Store) Prune(ctx context.Context, limit int) (more bool, err error) {
	q, rows := s.queries(), int32(limit)
	for _, prune := range []func() (int64, error){
		func() (int64, error) { return q.PruneKeys(ctx, rows) },
		func() (int64, error) {
			return q.PruneRefusals(ctx, db.PruneRefusalsParams{Before: expired(), MaxRows: rows})
		},
		func() (int64, error) {
			return q.PruneRefusalCounts(ctx, db.PruneRefusalCountsParams{Days: refusalDays, MaxRows: rows})
		},
		func() (int64, error) { return q.PruneIdempotency(ctx, rows) },
		func() (int64, error) {
			return q.PruneOperations(ctx, db.PruneOperationsParams{Days: operationDays, MaxRows: rows})
		},
		func() (int64, error) { return q.PrunePublicKeys(ctx, rows) },
		func() (int64, error) { return q.PruneArchiveFaults(ctx, rows) },
		func() (int64, error) {
			return q.PruneBatches(ctx, db.PruneBatchesParams{Before: firstID(time.Now().Add(-batchTime)), MaxRows: rows})
		},
		func() (int64, error) { return q.FoldLedger(ctx, rows) },
	} {
		n, err := prune()
		if err != nil {
			return false, wrap(err, "expired row")
		}
		more = more || n == int64(limit)
	}
	return more, nil
}
