package store

import (
	"context"

	"posthorn/hook"
	"posthorn/store/db"
)

// CreateTenant adds a tenant without a key.
func (s *Store) CreateTenant(ctx context.Context, name string) (hook.Tenant, error) {
	row, err := s.queries().InsertTenant(ctx, db.InsertTenantParams{ID: hook.NewID(), Name: name})
	return tenantOf(row), wrap(err, "tenant")
}

// CreateTenantWithKey adds a tenant with its first key, an admin's, or neither.
func (s *Store) CreateTenantWithKey(ctx context.Context, name string) (t hook.Tenant, secret hook.Secret, err error) {
	secret = hook.NewAPIKey()
	err = s.tx(ctx, func(q *db.Queries) error {
		row, err := q.InsertTenant(ctx, db.InsertTenantParams{ID: hook.NewID(), Name: name})
		if err != nil {
			return err
		}
		t = tenantOf(row)
		_, err = q.InsertKey(ctx, keyRow(t.ID, "first", hook.RoleAdmin, secret))
		return err
	})
	return t, secret, wrap(err, "tenant")
}

// Tenants lists all tenants: for the root key.
func (s *Store) Tenants(ctx context.Context, p Page) ([]hook.Tenant, error) {
	rows, err := s.queries().Tenants(ctx, db.TenantsParams{Before: p.before(), MaxRows: int32(p.Limit)})
	return convert(rows, tenantOf), wrap(err, "tenant")
}

// Tenant finds one tenant.
func (s *Store) Tenant(ctx context.Context, id hook.ID) (t hook.Tenant, err error) {
	err = s.tenant(ctx, id, func(q *db.Queries) error {
		row, err := q.Tenant(ctx, id)
		t = tenantOf(row)
		return err
	})
	return t, wrap(err, "tenant")
}

// TenantByName finds the oldest tenant of a name: for set-up.
func (s *Store) TenantByName(ctx context.Context, name string) (hook.Tenant, error) {
	row, err := s.queries().TenantByName(ctx, name)
	return tenantOf(row), wrap(err, "tenant")
}

// UpdateTenant changes a tenant's name and the addresses that are notified, by
// edit, which sees it as it stands and may refuse; two edits at once follow one
// another.
func (s *Store) UpdateTenant(ctx context.Context, id hook.ID, edit func(*hook.Tenant) error) (t hook.Tenant, err error) {
	err = s.tenant(ctx, id, func(q *db.Queries) error {
		row, err := q.LockTenant(ctx, id)
		if err != nil {
			return err
		}
		t = tenantOf(row)
		if err := edit(&t); err != nil {
			return err
		}
		row, err = q.UpdateTenant(ctx, db.UpdateTenantParams{ID: id, Name: t.Name, NotifyEmails: t.NotifyEmails})
		t = tenantOf(row)
		return err
	})
	return t, wrap(err, "tenant")
}

func tenantOf(row db.Tenant) hook.Tenant {
	return hook.Tenant{ID: row.ID, Name: row.Name, NotifyEmails: row.NotifyEmails, CreatedAt: row.CreatedAt}
}

// convert maps rows to what they stand for.
func convert[A, B any](rows []A, f func(A) B) []B {
	list := make([]B, len(rows))
	for i, row := range rows {
		list[i] = f(row)
	}
	return list
}

// tryConvert is convert where a row may not open.
func tryConvert[A, B any](rows []A, f func(A) (B, error)) ([]B, error) {
	list := make([]B, len(rows))
	for i, row := range rows {
		var err error
		if list[i], err = f(row); err != nil {
			return nil, err
		}
	}
	return list, nil
}
