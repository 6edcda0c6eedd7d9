package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"posthorn/hook"
	"posthorn/store/db"
)

// Month is a month (UTC) of messages, events and attempts, by their ids:
// "2026-11". Each has partitions of its own.
type Month string

// monthsAhead is for how many months after this one partitions are there
// already: nothing fails while nobody makes them.
const monthsAhead = 2

// How long a month's own statements may take. Reading a whole month takes
// minutes; whoever waits for a lock keeps everybody behind it waiting too.
const (
	readMonth  = "SET LOCAL statement_timeout = '15min'; SET LOCAL enable_seqscan = on; SET LOCAL plan_cache_mode = force_custom_plan"
	alterMonth = readMonth + "; SET LOCAL lock_timeout = '250ms'"
)

// MakeMonths makes the partitions of this month and the next ones that are
// missing, and says of which months.
func (s *Store) MakeMonths(ctx context.Context) (made []Month, err error) {
	err = s.begin(ctx, alterMonth, func(tx pgx.Tx) error {
		names, err := db.New(tx).MakeMonths(ctx, monthsAhead)
		made = convert(names, func(name string) Month { return Month(name) })
		return err
	})
	return made, wrapLock(err)
}

// PastMonths are the months that are over and have partitions, oldest first.
func (s *Store) PastMonths(ctx context.Context) ([]Month, error) {
	names, err := s.queries().PastMonths(ctx)
	return convert(names, func(name string) Month { return Month(name) }), wrap(err, "month")
}

// HasStrays reports whether there are rows outside of every month's partition:
// nobody made partitions when they came. They never go.
func (s *Store) HasStrays(ctx context.Context) (bool, error) {
	stray, err := s.queries().HasStrays(ctx)
	return stray, wrap(err, "month")
}

// Dropped is what went of a month, and what keeps the rest.
type Dropped struct {
	Tables     []string // whose partitions went
	Messages   int      // that went
	Deliveries int      // that went, of its events
	Kept       string   // why its messages and events stay; "": nothing keeps them
}

// DropMonth drops the partitions of a month in which nothing is kept any more:
// every message is archived and its retention is over, every event is as old as
// the retention of its endpoint, or as the one given where it has none, and all
// of its deliveries have ended. With the events go their deliveries; attempts go
// once no delivery of their month is left. The ledger keeps counting what went.
// It may be cut off anywhere and called again. progress is called now and then.
func (s *Store) DropMonth(ctx context.Context, m Month, retention time.Duration, progress func(Dropped)) (d Dropped, err error) {
	r, err := m.ids()
	if err != nil {
		return d, err
	}
	tables, err := s.queries().TablesOfMonth(ctx, string(m))
	if err != nil {
		return d, wrap(err, "month")
	}
	if slices.Contains(tables, "events") || slices.Contains(tables, "messages") {
		if err = s.dropEvents(ctx, m, r, retention, progress, &d); err != nil || d.Kept != "" {
			return d, wrapLock(err)
		}
	}
	if slices.Contains(tables, "attempts") {
		err = s.dropAttempts(ctx, m, r, &d)
	}
	return d, wrapLock(err)
}

// idRange are the ids from first up to next.
type idRange struct{ first, next hook.ID }

func (m Month) ids() (idRange, error) {
	began, err := time.Parse("2006-01", string(m))
	if err != nil {
		return idRange{}, fmt.Errorf("store: %q is no month: %w", string(m), err)
	}
	return idRange{firstID(began), firstID(began.AddDate(0, 1, 0))}, nil
}

// wrapLock is wrap, for statements that give up rather than wait for a lock.
func wrapLock(err error) error {
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Code == "55P03" {
		return hook.Unavailable(fmt.Errorf("store: somebody reads what is to be altered; it is tried again: %w", err))
	}
	return wrap(err, "month")
}
