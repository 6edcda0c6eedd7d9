package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"posthorn/hook"
	"posthorn/store/db"
)

// Repeatable is a request that its sender may send again under the same key.
type Repeatable struct {
	Tenant  hook.ID // zero: the root key's
	Key     string  // of the sender's choice
	Request []byte  // all by which the request differs from another
}

// Answer is what a request was answered, without secrets.
type Answer struct {
	Status int
	Body   []byte
}

// Once runs do for a request that comes for the first time in 24 hours, and
// keeps its answer; to a repeat it gives the answer that was kept. What do
// writes, with the context that it is given, commits together with the answer,
// and nothing is kept where do fails. A key that was used for another request
// is invalid; one whose first request takes longer than two seconds is a
// conflict.
func (s *Store) Once(ctx context.Context, r Repeatable, do func(context.Context) (Answer, error)) (a Answer, replayed bool, err error) {
	hash := sha256.Sum256([]byte(r.Key))
	row := place("idempotent_requests", r.Tenant, r.Tenant, hex.EncodeToString(hash[:]))
	request := s.keys.Fingerprint(r.Request)
	var failed error
	err = s.together(ctx, func(ctx context.Context, tx pgx.Tx) error {
		q := db.New(tx)
		claimed, err := claimRequest(ctx, tx, db.ClaimRequestParams{TenantID: r.Tenant, KeyHash: hash[:], Request: request})
		if err != nil {
			return err
		}
		if !claimed {
			replayed = true
			kept, err := q.KeptAnswer(ctx, db.KeptAnswerParams{TenantID: r.Tenant, KeyHash: hash[:]})
			if err != nil {
				return err
			}
			if kept.Request != request {
				return hook.Invalid("the request is not valid", hook.FieldError{
					Pointer: "header.Idempotency-Key", Message: "was used for another request within 24 hours; take a new key",
				})
			}
			a.Status = int(kept.Status)
			if a.Body, err = s.keys.Open(kept.Answer, row); err != nil {
				return fmt.Errorf("%s does not open with this keyset: %w", row, err)
			}
			return nil
		}
		if a, failed = do(ctx); failed != nil {
			return failed
		}
		sealed, err := s.keys.Seal(a.Body, row)
		if err != nil {
			return err
		}
		return q.KeepAnswer(ctx, db.KeepAnswerParams{TenantID: r.Tenant, KeyHash: hash[:], Status: int32(a.Status), Answer: sealed})
	})
	switch {
	case failed != nil:
		return Answer{}, false, failed
	case err == nil && !replayed:
		s.bell.ring() // what rang within was not committed yet
	}
	return a, replayed, wrap(err, "request")
}

// claimRequest waits a moment for another request of the same key.
func claimRequest(ctx context.Context, tx pgx.Tx, p db.ClaimRequestParams) (bool, error) {
	if _, err := tx.Exec(ctx, "SET LOCAL lock_timeout = '2s'"); err != nil {
		return false, err
	}
	n, err := db.New(tx).ClaimRequest(ctx, p)
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == lockNotAvailable {
		return false, &hook.Error{
			Code: hook.CodeConflict, Message: "a request with this Idempotency-Key is under way; send it again in a moment", Err: err,
		}
	}
	if err != nil {
		return false, err
	}
	_, err = tx.Exec(ctx, "SET LOCAL lock_timeout TO DEFAULT")
	return n > 0, err
}

// lockNotAvailable is the SQLSTATE of a lock_timeout that passed.
const lockNotAvailable = "55P03"
