package store

import (
	"context"
	"crypto/sha256"

	"posthorn/hook"
	"posthorn/store/db"
)

// CreateKey adds an API key and returns it; it is never to be had again.
func (s *Store) CreateKey(ctx context.Context, tenant hook.ID, name string, role hook.Role) (hook.APIKey, hook.Secret, error) {
	secret := hook.NewAPIKey()
	key, err := s.AddKey(ctx, tenant, name, role, secret)
	return key, secret, err
}

// AddKey adds an API key whose value is given.
func (s *Store) AddKey(ctx context.Context, tenant hook.ID, name string, role hook.Role, secret hook.Secret) (k hook.APIKey, err error) {
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		row, err := q.InsertKey(ctx, keyRow(tenant, name, role, secret))
		k = keyOf(row)
		return err
	})
	return k, wrap(err, "key")
}

// KeyBySecret finds whose key it is. The database compares hashes, so that the
// time it takes tells nothing of a key.
func (s *Store) KeyBySecret(ctx context.Context, secret hook.Secret) (hook.APIKey, error) {
	hash := sha256.Sum256([]byte(secret.Reveal()))
	row, err := s.queries().KeyByHash(ctx, hash[:])
	return hook.APIKey{ID: row.ID, TenantID: row.TenantID, Role: hook.Role(row.Role)}, wrap(err, "key")
}

// Keys lists a tenant's keys.
func (s *Store) Keys(ctx context.Context, tenant hook.ID, p Page) (keys []hook.APIKey, err error) {
	err = s.tenant(ctx, tenant, func(q *db.Queries) error {
		rows, err := q.Keys(ctx, db.KeysParams{TenantID: tenant, Before: p.before(), MaxRows: int32(p.Limit)})
		keys = convert(rows, keyOf)
		return err
	})
	return keys, wrap(err, "key")
}

// DeleteKey ends a key.
func (s *Store) DeleteKey(ctx context.Context, tenant, id hook.ID) error {
	return wrap(s.tenant(ctx, tenant, func(q *db.Queries) error {
		return found(q.DeleteKey(ctx, db.DeleteKeyParams{TenantID: tenant, ID: id}))
	}), "key")
}

func keyRow(tenant hook.ID, name string, role hook.Role, secret hook.Secret) db.InsertKeyParams {
	hash := sha256.Sum256([]byte(secret.Reveal()))
	return db.InsertKeyParams{
		ID: hook.NewID(), TenantID: tenant, Name: name, Role: string(role),
		Prefix: secret.Reveal()[:min(8, len(secret)/2)], Hash: hash[:],
	}
}

func keyOf(row db.ApiKey) hook.APIKey {
	return hook.APIKey{
		ID: row.ID, TenantID: row.TenantID, Name: row.Name, Role: hook.Role(row.Role),
		Prefix: row.Prefix, CreatedAt: row.CreatedAt,
	}
}
