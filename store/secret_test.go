package store_test

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/keyset"
	"posthorn/store"
)

// dump is every row of every table as text.
func dump(t testing.TB, b *bundle) string {
	t.Helper()
	var all strings.Builder
	for _, table := range tables(t, b, "true") {
		rows, err := b.raw.Query(t.Context(), "SELECT r::text FROM "+pgx.Identifier{table}.Sanitize()+" r")
		require.NoError(t, err)
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		all.WriteString(strings.Join(lines, "\n"))
	}
	return all.String()
}

func TestNoSecretLiesInTheDatabaseInTheClear(t *testing.T) {
	t.Parallel()
	b := setup(t)
	endpoint, webhook := b.addEndpoint(t, b.tenant), b.addWebhook(t, b.tenant, func(w *hook.Webhook) {
		w.Headers = map[string]string{"X-Api-Key": "value-of-a-custom-header"}
		w.Name = "the name is no secret"
		w.SigningKeys = []hook.Key{{Secret: hook.NewSigningKey()}}
	})
	secrets := []string{
		endpoint.Keys[0].Secret.Reveal(), webhook.Keys[0].Secret.Reveal(), webhook.SigningKeys[0].Secret.Reveal(), "value-of-a-custom-header", "X-Api-Key",
		"a-second-secret-of-the-webhook", "a-second-secret-of-the-endpoint",
	}
	_, key, err := b.CreateKey(t.Context(), b.tenant, "key", hook.RoleAdmin)
	require.NoError(t, err)
	short, err := b.AddKey(t.Context(), b.tenant, "dev", hook.RoleAdmin, "sekret")
	require.NoError(t, err)
	require.Equal(t, "sek", short.Prefix)
	secrets = append(secrets, key.Reveal(), key.Reveal()[:20], "sekret")
	until := time.Now().Add(time.Hour)
	_, err = b.UpdateWebhook(t.Context(), b.tenant, webhook.ID, func(w *hook.Webhook) error {
		w.Keys = []hook.Key{{Secret: "a-second-secret-of-the-webhook"}, {Secret: w.Keys[0].Secret, ExpiresAt: until}}
		return nil
	})
	require.NoError(t, err)
	_, err = b.UpdateEndpoint(t.Context(), b.tenant, endpoint.ID, func(e *hook.Endpoint) error {
		e.Keys = append([]hook.Key{{Secret: "a-second-secret-of-the-endpoint"}}, e.Keys...)
		return nil
	})
	require.NoError(t, err)

	text := dump(t, b)
	require.Contains(t, text, "the name is no secret", "the dump holds what is there")
	for _, secret := range secrets {
		_, bare, _ := strings.Cut(secret, "_")
		for _, form := range []string{secret, bare, hex.EncodeToString([]byte(secret)), base64.StdEncoding.EncodeToString([]byte(secret))} {
			require.False(t, form != "" && strings.Contains(text, form), "a secret lies in the clear")
		}
	}

	seed := webhook.SigningKeys[0].Secret.PrivateKey().Seed()
	require.NotContains(t, text, hex.EncodeToString(seed))

	reread, err := b.Webhook(t.Context(), b.tenant, webhook.ID)
	require.NoError(t, err)
	require.Equal(t, webhook.SigningKeys, reread.SigningKeys)
	require.Equal(t, map[string]string{"X-Api-Key": "value-of-a-custom-header"}, reread.Headers)
	require.Equal(t, []hook.Secret{"a-second-secret-of-the-webhook", webhook.Keys[0].Secret}, hook.Active(reread.Keys, time.Now()))
	require.Equal(t, []hook.Secret{"a-second-secret-of-the-webhook"}, hook.Active(reread.Keys, until))
}

func TestASealedValueOpensInItsPlaceOnly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mine, other := b.addWebhook(t, b.tenant), b.addWebhook(t, b.tenant)
	for name, sql := range map[string]string{
		"another row's":    `UPDATE webhooks w SET secrets = o.secrets FROM webhooks o WHERE w.id = $1 AND o.id = $2`,
		"another column's": `UPDATE webhooks SET headers = secrets WHERE id = $1 AND $2::uuid IS NOT NULL`,
		"another tenant's": `UPDATE webhooks SET tenant_id = (SELECT tenant_id FROM endpoints LIMIT 1) WHERE id = $1 AND $2::uuid IS NOT NULL`,
	} {
		b.addEndpoint(t, b.addTenant(t))
		before := b.addWebhook(t, b.tenant)
		require.Equal(t, 1, b.exec(t, sql, before.ID, other.ID), name)
		var tenant hook.ID
		require.NoError(t, b.raw.QueryRow(t.Context(), "SELECT tenant_id FROM webhooks WHERE id = $1", before.ID).Scan(&tenant))
		_, err := b.Webhook(t.Context(), tenant, before.ID)
		require.ErrorContains(t, err, "service cannot", name)
	}
	_, err := b.Webhook(t.Context(), b.tenant, mine.ID)
	require.NoError(t, err)
}

func TestARotatedKeysetReadsOldRows(t *testing.T) {
	t.Parallel()
	data := newKeyset(t)
	b := setup(t)
	old := open(t, b.url, keys(t, data))
	endpoint, webhook := old.addEndpoint(t, old.tenant), old.addWebhook(t, old.tenant)

	rotated, err := keyset.Rotate(data)
	require.NoError(t, err)
	fresh, err := store.Open(t.Context(), store.Config{URL: b.url}, keys(t, rotated))
	require.NoError(t, err)
	defer fresh.Close()
	e, err := fresh.EndpointByToken(t.Context(), endpoint.Token)
	require.NoError(t, err)
	require.Equal(t, endpoint.Keys, e.Keys)
	w, err := fresh.UpdateWebhook(t.Context(), old.tenant, webhook.ID, func(*hook.Webhook) error { return nil })
	require.NoError(t, err)
	require.Equal(t, webhook.Keys, w.Keys)

	_, err = old.Webhook(t.Context(), old.tenant, webhook.ID)
	require.Error(t, err, "what was written since is sealed with the new key")
	_, err = b.Endpoint(t.Context(), old.tenant, endpoint.ID)
	require.Error(t, err, "another keyset opens nothing")
}

func TestAnAPIKeyIsFoundByItsValueOnly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	key, secret, err := b.CreateKey(t.Context(), b.tenant, "key", hook.RoleProducer)
	require.NoError(t, err)
	found, err := b.KeyBySecret(t.Context(), secret)
	require.NoError(t, err)
	require.Equal(t, hook.APIKey{ID: key.ID, TenantID: b.tenant, Role: hook.RoleProducer}, found)
	for _, wrong := range []hook.Secret{"", "x", secret + "x", secret[1:], hook.Secret(key.Prefix), "\x00\xff"} {
		_, err := b.KeyBySecret(t.Context(), wrong)
		require.Equal(t, hook.CodeNotFound, hook.CodeOf(err))
	}
	require.Equal(t, hook.CodeNotFound, hook.CodeOf(b.DeleteKey(t.Context(), b.addTenant(t), key.ID)), "another tenant's")
	require.NoError(t, b.DeleteKey(t.Context(), b.tenant, key.ID))
	_, err = b.KeyBySecret(t.Context(), secret)
	require.Equal(t, hook.CodeNotFound, hook.CodeOf(err))
}
