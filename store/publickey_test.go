package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

// publicKeys are the ids of the keys that everybody sees.
func (b *bundle) publicKeys(t testing.TB, webhook hook.ID) (ids []string) {
	t.Helper()
	list, err := b.PublicKeys(t.Context(), webhook)
	require.NoError(t, err)
	for _, k := range list {
		ids = append(ids, k.ID())
	}
	return ids
}

func TestPublicKeysAreThoseThatSign(t *testing.T) {
	t.Parallel()
	b := setup(t)
	pair := func(w *hook.Webhook) { w.SigningKeys = []hook.Key{{Secret: hook.NewSigningKey()}} }
	other := b.addWebhook(t, b.addTenant(t), pair)
	w := b.addWebhook(t, b.tenant, pair)
	first := w.PublicKeys()[0].ID()
	require.Equal(t, []string{first}, b.publicKeys(t, w.ID))
	require.ElementsMatch(t, []string{first, other.PublicKeys()[0].ID()}, b.publicKeys(t, hook.ID{}))

	ends := time.Now().Add(time.Hour).Truncate(time.Millisecond)
	w, err := b.UpdateWebhook(t.Context(), b.tenant, w.ID, func(w *hook.Webhook) error {
		w.SigningKeys = []hook.Key{{Secret: hook.NewSigningKey()}, {Secret: w.SigningKeys[0].Secret, ExpiresAt: ends}}
		return nil
	})
	require.NoError(t, err)
	list, err := b.PublicKeys(t.Context(), w.ID)
	require.NoError(t, err)
	require.Equal(t, []string{w.PublicKeys()[0].ID(), first}, []string{list[0].ID(), list[1].ID()}, "newest first")
	require.True(t, list[0].ExpiresAt.IsZero())
	require.True(t, list[1].ExpiresAt.Equal(ends))

	b.exec(t, "UPDATE public_keys SET expires_at = now() WHERE expires_at IS NOT NULL")
	require.Equal(t, []string{w.PublicKeys()[0].ID()}, b.publicKeys(t, w.ID), "the old one signs no more")
	_, err = b.Prune(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, 2, b.count(t, "SELECT count(*) FROM public_keys"))
	require.NoError(t, b.DeleteWebhook(t.Context(), b.tenant, w.ID))
	require.Empty(t, b.publicKeys(t, w.ID))
	require.Len(t, b.publicKeys(t, hook.ID{}), 1)
}

func TestOperationsThatEndedLongAgoArePruned(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.addWebhook(t, b.tenant)
	add := func(kind hook.OperationKind, generation int, status string, days int) {
		b.exec(t, `INSERT INTO operations (id, tenant_id, webhook_id, kind, generation, status, due_at, total, input, updated_at)
			VALUES (gen_random_uuid(), $1, $2, $3, $4, $5, NULL, 0, '{}', now() - make_interval(days => $6))`,
			b.tenant, w.ID, kind, generation, status, days)
	}
	b.exec(t, "UPDATE webhooks SET generation = 3")
	add(hook.OperationRecover, 3, "done", 89)
	add(hook.OperationRecover, 3, "running", 1000)
	add(hook.OperationNotify, 3, "done", 1000) // people are told once of a generation, however long it lasts
	add(hook.OperationResume, 3, "done", 1000)
	gone := []func(){
		func() { add(hook.OperationRecover, 3, "done", 91) },
		func() { add(hook.OperationNotify, 1, "failed", 91) },
		func() { add(hook.OperationResume, 2, "stopped", 91) },
	}
	for _, add := range gone {
		add()
	}
	for more := true; more; {
		var err error
		more, err = b.Prune(t.Context(), 1)
		require.NoError(t, err)
	}
	require.Equal(t, 4, b.count(t, "SELECT count(*) FROM operations"))
	require.NoError(t, b.DeleteWebhook(t.Context(), b.tenant, w.ID))
	_, err := b.Prune(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, 2, b.count(t, "SELECT count(*) FROM operations"), "nothing hangs on a webhook that is gone")
}
