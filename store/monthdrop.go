package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"posthorn/store/db"
)

// dropRows is how many rows of a month go in one transaction, where its
// partitions cannot take them along.
const dropRows = 2000

func (s *Store) dropEvents(ctx context.Context, m Month, r idRange, retention time.Duration, progress func(Dropped), d *Dropped) error {
	err := s.begin(ctx, readMonth, func(tx pgx.Tx) (err error) {
		d.Kept, err = db.New(tx).KeepsMonth(ctx, db.KeepsMonthParams{FirstID: r.first, NextID: r.next, Retention: seconds(retention)})
		return err
	})
	if err != nil || d.Kept != "" {
		return err
	}
	progress(*d)
	if err := s.dropBelongings(ctx, r, progress, d); err != nil {
		return err
	}
	err = s.begin(ctx, alterMonth, func(tx pgx.Tx) error {
		q := db.New(tx)
		// What is archived and old changes no more, so that nobody need be kept
		// waiting while it is counted.
		gone, err := q.CountGone(ctx, db.CountGoneParams{FirstID: r.first, NextID: r.next})
		if err != nil {
			return err
		}
		if err := q.ForgetMessages(ctx, db.ForgetMessagesParams{FirstID: r.first, NextID: r.next}); err != nil {
			return err
		}
		for _, table := range []string{"messages", "message_search", "events"} { // in the order in which others lock them
			if err := q.DropMonth(ctx, db.DropMonthParams{Parent: table, Month: string(m)}); err != nil {
				return err
			}
			d.Tables = append(d.Tables, table)
		}
		// Who read an event before it was locked may have made a delivery of it.
		left, err := q.HasDeliveries(ctx, db.HasDeliveriesParams{FirstID: r.first, NextID: r.next})
		if err == nil && left.OfEvents {
			return errRevived
		}
		d.Messages = int(gone)
		return err
	})
	if err != nil {
		d.Tables, d.Messages = nil, 0
	}
	if errors.Is(err, errRevived) {
		d.Kept, err = "a delivery was set going again", nil
	}
	return err
}

var errRevived = errors.New("store: a delivery was set going again")

// dropBelongings deletes what belongs to a month's messages and events and
// lies in no partition, a bounded number of rows at a time.
func (s *Store) dropBelongings(ctx context.Context, r idRange, progress func(Dropped), d *Dropped) error {
	q := s.queries()
	for after := r.first; after != r.next; progress(*d) {
		row, err := q.DropDeliveries(ctx, db.DropDeliveriesParams{FirstID: r.first, NextID: r.next, After: after, MaxRows: dropRows})
		if err != nil {
			return err
		}
		d.Deliveries += int(row.Count)
		after = row.Last
	}
	for _, drop := range []func() (int64, error){
		func() (int64, error) {
			return q.DropAttachments(ctx, db.DropAttachmentsParams{FirstID: r.first, NextID: r.next, MaxRows: dropRows})
		},
		func() (int64, error) {
			return q.DropEventIDs(ctx, db.DropEventIDsParams{FirstID: r.first, NextID: r.next, MaxRows: dropRows})
		},
		func() (int64, error) {
			return q.DropSegments(ctx, db.DropSegmentsParams{FirstID: r.first, NextID: r.next, MaxRows: dropRows})
		},
		func() (int64, error) {
			return q.DropBatches(ctx, db.DropBatchesParams{FirstID: r.first, NextID: r.next, MaxRows: dropRows})
		},
		func() (int64, error) {
			return q.DropTransitions(ctx, db.DropTransitionsParams{FirstID: r.first, NextID: r.next, MaxRows: dropRows})
		},
	} {
		for n := int64(dropRows); n == dropRows; progress(*d) {
			var err error
			if n, err = drop(); err != nil {
				return err
			}
		}
	}
	return nil
}

// dropAttempts drops a month's attempts once no delivery that was made in it is
// left: one that was recovered belongs to an older event.
func (s *Store) dropAttempts(ctx context.Context, m Month, r idRange, d *Dropped) error {
	return s.begin(ctx, alterMonth, func(tx pgx.Tx) error {
		q := db.New(tx)
		left, err := q.HasDeliveries(ctx, db.HasDeliveriesParams{FirstID: r.first, NextID: r.next})
		if err != nil || left.Made {
			return err
		}
		if err := q.DropMonth(ctx, db.DropMonthParams{Parent: "attempts", Month: string(m)}); err != nil {
			return err
		}
		d.Tables = append(d.Tables, "attempts")
		return nil
	})
}
