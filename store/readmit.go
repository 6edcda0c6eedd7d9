package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"posthorn/hook"
	"posthorn/store/db"
)

// Readmit makes a refused request the message that admit makes of it, which
// must have the refusal's id: it counts as received when the request first
// came. Message and refusal commit together, so that a request is admitted once
// at most; a second time is a conflict, as is a request that is not kept. Where
// admit fails nothing is written, and its error is returned.
func (s *Store) Readmit(ctx context.Context, e *hook.Endpoint, id hook.ID, admit func(hook.Kept) (*hook.Message, error)) (Accepted, error) {
	var accepted Accepted
	err := s.begin(ctx, "", func(tx pgx.Tx) error {
		q := db.New(tx)
		row, err := q.LockRefusal(ctx, db.LockRefusalParams{TenantID: e.TenantID, EndpointID: e.ID, ID: id, Since: expired()})
		if err != nil {
			return err
		}
		f, err := s.openRefusal(row)
		switch {
		case err != nil:
			return err
		case !f.ReadmittedAt.IsZero():
			return hook.Conflict("this request was admitted before; it is message " + f.MessageID.String())
		case f.Kept == nil:
			return hook.Conflict("this request was not kept: only its reason is known")
		}
		m, err := admit(*f.Kept)
		if err != nil {
			return err
		}
		offered, err := newEntry(m, e.DedupWindow)
		if err != nil {
			return err
		}
		if err := s.insertGroup(ctx, tx, []*entry{offered}); err != nil {
			return err
		}
		if offered.err != nil {
			return offered.err
		}
		accepted = offered.result
		return q.SetReadmitted(ctx, db.SetReadmittedParams{ID: f.ID, MessageID: &accepted.ID})
	})
	if err == nil {
		s.bell.ring()
	}
	return accepted, wrap(err, "refused request")
}

// Readmittable lists the refused requests of an endpoint that are kept and were
// not admitted yet, the oldest first.
func (s *Store) Readmittable(ctx context.Context, e *hook.Endpoint) (ids []hook.ID, err error) {
	err = s.tenant(ctx, e.TenantID, func(q *db.Queries) error {
		ids, err = q.ReadmittableRefusals(ctx, db.ReadmittableRefusalsParams{TenantID: e.TenantID, EndpointID: e.ID, Since: expired()})
		return err
	})
	return ids, wrap(err, "refused request")
}
