package store

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"posthorn/hook"
	"posthorn/store/db"
)

// Unindexed is a message that is not found by its content yet.
type Unindexed struct {
	Message    hook.Message // its body as received, until it is archived
	ExternalID string
	Content    *hook.Content // what was made of it, since
	Filenames  []string      // of its stored attachments
}

// separator stands between terms on their way to PostgreSQL. No term has
// control characters.
const separator = "\x1f"

// indexBytes bounds what is indexed at once, by the bodies' sizes; a larger
// body is indexed alone.
const indexBytes = 16 << 20

// Index takes up to limit messages that are not indexed, and stores the terms
// that each is to be found by. It returns how many it took. Several may index
// at once.
func (s *Store) Index(ctx context.Context, limit int, terms func(Unindexed) []string) (n int, err error) {
	err = s.tx(ctx, func(q *db.Queries) error {
		rows, err := q.TakeUnindexed(ctx, db.TakeUnindexedParams{MaxRows: int32(limit), MaxBytes: indexBytes})
		if err != nil || len(rows) == 0 {
			return err
		}
		n = len(rows)
		p := db.InsertTermsParams{Separator: separator}
		for _, row := range rows {
			u := Unindexed{
				Message: hook.Message{
					ID: row.ID, TenantID: row.TenantID, EndpointID: row.EndpointID, ReceivedAt: hook.IDTime(row.ID), Raw: row.Raw,
				},
				ExternalID: row.ExternalID, Filenames: row.Filenames,
			}
			if err = openRequest(row.Request, &u.Message); err != nil {
				return err
			}
			if row.Payload != nil {
				if err := json.Unmarshal(row.Payload, &u.Content); err != nil {
					return err
				}
			}
			p.Ids, p.TenantIds = append(p.Ids, row.ID), append(p.TenantIds, row.TenantID)
			p.Terms = append(p.Terms, strings.Join(terms(u), separator))
		}
		return q.InsertTerms(ctx, p)
	})
	return n, wrap(err, "search index")
}

// IndexLag is how long the oldest message that is not indexed has waited.
func (s *Store) IndexLag(ctx context.Context) (time.Duration, error) {
	id, err := s.queries().OldestUnindexed(ctx)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, wrap(err, "search index")
	}
	return max(time.Since(hook.IDTime(id)), 0), nil
}

// searchWalk is how many of the newest messages are looked at one by one. What
// is too rare to fill a page from them is looked up in the index of terms,
// which must collect and sort all that it finds.
const searchWalk = 4000

// searchArchived is how many are found at a time where those that are not
// archived are left out of them: while the archive is away they may be many.
const searchArchived = 500

// Search lists a tenant's messages that match an expression (a tsquery over
// the terms that Index stored), newest first. The expression names the tenant
// as well.
func (s *Store) Search(ctx context.Context, tenant hook.ID, expression string, f MessageFilter, p Page) (list []MessageView, err error) {
	since, before := f.bounds(p)
	limit := p.Limit
	if f.Status == hook.MessageArchived {
		limit = max(limit, searchArchived)
	}
	var found []db.MessageSizesRow
	for more := true; more && len(found) < p.Limit; {
		var ids []hook.ID
		err = s.begin(ctx, planEach, func(tx pgx.Tx) (err error) {
			ids, err = search(ctx, tx, tenant, expression, since, before, f.Status, limit)
			return err
		})
		if err != nil {
			return nil, wrap(err, "search")
		}
		sizes, err := s.sizes(ctx, tenant, ids, f.Status)
		if err != nil {
			return nil, wrap(err, "search")
		}
		found = append(found, sizes...)
		if more = len(ids) == limit; more {
			before = ids[len(ids)-1]
		}
	}
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		list, err = load(ctx, q, tenant, found[:min(len(found), p.Limit)])
		return err
	})
	return list, wrap(err, "search")
}

// sizes finds those of some messages that have a status, in a transaction of
// the tenant: the index of terms cannot be used under row security, whose
// condition goes first, so that only ids come from there.
func (s *Store) sizes(ctx context.Context, tenant hook.ID, ids []hook.ID, status hook.MessageStatus) (list []db.MessageSizesRow, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		rows, err := q.MessageSizesByID(ctx, db.MessageSizesByIDParams{
			TenantID: tenant, Ids: ids, Newest: ids[0], Oldest: ids[len(ids)-1], Status: optional(string(status)),
		})
		list = convert(rows, func(row db.MessageSizesByIDRow) db.MessageSizesRow { return db.MessageSizesRow(row) })
		return err
	})
	return list, err
}

// planEach has the planner look at what is searched for: whether the index of
// terms is of use depends on it.
const planEach = "SET LOCAL plan_cache_mode = auto"

// planMonths has the planner see which months are asked for, each time: without
// that it would read a month in the order of time, rather than by its index of
// terms.
const planMonths = "SET LOCAL plan_cache_mode = force_custom_plan"

// search finds ids. What is not archived is looked for by itself; what is, among
// all.
func search(ctx context.Context, tx pgx.Tx, tenant hook.ID, expression string, since, before hook.ID, status hook.MessageStatus, limit int) ([]hook.ID, error) {
	q := db.New(tx)
	if status == hook.MessageAccepted {
		return q.SearchOpen(ctx, db.SearchOpenParams{TenantID: tenant, Before: before, Since: since, Query: expression, MaxRows: int32(limit)})
	}
	recent, err := q.SearchRecent(ctx, db.SearchRecentParams{
		TenantID: tenant, Before: before, Since: since, Walk: searchWalk, Query: expression, MaxRows: int32(limit),
	})
	if err != nil || len(recent.Hits) >= limit || recent.Walked < searchWalk {
		return recent.Hits, err
	}
	if _, err := tx.Exec(ctx, planMonths); err != nil {
		return nil, err
	}
	rest, err := searchOlder(ctx, q, db.SearchTermsParams{
		TenantID: tenant, Before: recent.Reached, Since: since, Query: expression, MaxRows: int32(limit - len(recent.Hits)),
	})
	return append(recent.Hits, rest...), err
}

// searchMonths bounds how many months are looked at by themselves; what is older
// is looked at together.
const searchMonths = 64

// searchOlder finds by the index of terms: in the latest month, in the four
// before, the sixteen before and so on, until the page is full. Each month has an
// index of its own, all of whose hits are collected.
func searchOlder(ctx context.Context, q *db.Queries, p db.SearchTermsParams) (found []hook.ID, err error) {
	since, limit := p.Since, int(p.MaxRows)
	for months := 1; err == nil && len(found) < limit; months *= 4 {
		latest := hook.IDTime(p.Before).Add(-time.Millisecond).UTC()
		p.Since = firstID(time.Date(latest.Year(), latest.Month()-time.Month(months-1), 1, 0, 0, 0, 0, time.UTC))
		last := months > searchMonths || string(p.Since[:]) <= string(since[:])
		if last {
			p.Since = since
		}
		var some []hook.ID
		p.MaxRows = int32(limit - len(found))
		some, err = q.SearchTerms(ctx, p)
		if found = append(found, some...); last {
			break
		}
		p.Before = p.Since
	}
	return found, err
}
