package store

import (
	"context"

	"posthorn/hook"
	"posthorn/store/db"
)

// MaxPublicKeys is how many public keys are listed, the newest ones.
const MaxPublicKeys = 10_000

// PublicKeys lists the keys by which asymmetric signatures are checked, newest
// first: a webhook's, or with a zero id those of all webhooks of all tenants.
// They are no secret. A webhook's old key is among them for as long as it signs.
func (s *Store) PublicKeys(ctx context.Context, webhook hook.ID) ([]hook.PublicKey, error) {
	rows, err := s.queries().PublicKeys(ctx, db.PublicKeysParams{WebhookID: optional(webhook), MaxRows: MaxPublicKeys})
	return convert(rows, func(row db.PublicKeysRow) hook.PublicKey {
		k := hook.PublicKey{Key: row.PublicKey}
		if row.ExpiresAt != nil {
			k.ExpiresAt = *row.ExpiresAt
		}
		return k
	}), wrap(err, "public key")
}

// publishKeys lets everybody know the public halves of a webhook's key pairs,
// and no others.
func publishKeys(ctx context.Context, q *db.Queries, w *hook.Webhook) error {
	ids := []string{}
	for _, k := range w.PublicKeys() {
		ids = append(ids, k.ID())
		err := q.PublishKey(ctx, db.PublishKeyParams{
			ID: k.ID(), TenantID: w.TenantID, WebhookID: w.ID, PublicKey: k.Key, ExpiresAt: optional(k.ExpiresAt),
		})
		if err != nil {
			return err
		}
	}
	return q.WithdrawKeys(ctx, db.WithdrawKeysParams{WebhookID: w.ID, Kept: ids})
}
