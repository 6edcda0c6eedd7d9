package store

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// settle writes a group in one transaction. A datum that PostgreSQL refuses is
// found by halving, so that it fails alone; a deadlock is tried once more.
func settle[T any](group []T, again bool, write func([]T) error, fail func(T, error)) {
	err := write(group)
	var pg *pgconn.PgError
	refused := errors.As(err, &pg)
	switch {
	case err == nil:
	case refused && again && strings.HasPrefix(pg.Code, "40"):
		settle(group, false, write, fail)
	case refused && len(group) > 1 && !retryable(pg):
		half := len(group) / 2
		settle(group[:half], again, write, fail)
		settle(group[half:], again, write, fail)
	default:
		for _, e := range group {
			fail(e, err)
		}
	}
}
