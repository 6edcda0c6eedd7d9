package store

import (
	"context"
	"errors"
	"strconv"

	"github.com/jackc/pgx/v5"

	"posthorn/hook"
	"posthorn/store/db"
)

// SaveSearch keeps a search of a user's; the one that they have under this name
// is replaced. Conflict where they have hook.MaxSavedSearches others.
func (s *Store) SaveSearch(ctx context.Context, tenant, user hook.ID, search hook.SavedSearch) (id hook.ID, err error) {
	if err := search.Validate(); err != nil {
		return id, err
	}
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		if _, err := q.LockUser(ctx, db.LockUserParams{TenantID: tenant, ID: user}); err != nil {
			return err
		}
		id, err = q.SaveSearch(ctx, db.SaveSearchParams{
			ID: hook.NewID(), TenantID: tenant, UserID: user, Name: text(search.Name), Query: text(search.Query), Most: hook.MaxSavedSearches,
		})
		if errors.Is(err, pgx.ErrNoRows) {
			return hook.Conflict("there are " + strconv.Itoa(hook.MaxSavedSearches) + " saved searches, the most that can be; delete one first")
		}
		return err
	})
	return id, wrap(err, "saved search")
}

// SavedSearches lists a user's, by name.
func (s *Store) SavedSearches(ctx context.Context, tenant, user hook.ID) (list []hook.SavedSearch, err error) {
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		rows, err := q.SavedSearches(ctx, db.SavedSearchesParams{TenantID: tenant, UserID: user})
		list = convert(rows, func(row db.SavedSearchesRow) hook.SavedSearch { return hook.SavedSearch(row) })
		return err
	})
	return list, wrap(err, "saved search")
}

// DeleteSearch forgets a search of a user's.
func (s *Store) DeleteSearch(ctx context.Context, tenant, user, id hook.ID) error {
	return wrap(s.tenant(ctx, tenant, func(q *db.Queries) error {
		return found(q.DeleteSearch(ctx, db.DeleteSearchParams{TenantID: tenant, UserID: user, ID: id}))
	}), "saved search")
}
