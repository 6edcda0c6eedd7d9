package store_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/store"
)

// notice is the notification that a webhook was disabled.
func (b *bundle) notice(t testing.TB, emails ...string) hook.Operation {
	t.Helper()
	_, err := b.UpdateTenant(t.Context(), b.tenant, func(t *hook.Tenant) error {
		t.NotifyEmails = append([]string{}, emails...)
		return nil
	})
	require.NoError(t, err)
	w := b.addWebhook(t, b.tenant, only("a.b"), func(w *hook.Webhook) { w.DisableAfter = 1 })
	require.NoError(t, b.fail(t, b.publish(t, b.tenant)[0], 1, 0))
	return b.operations(t, w.ID, hook.OperationNotify)[0]
}

func TestEachRecipientIsSettledOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	n := b.notice(t, "a@example.com", "b@example.com")
	addressed, err := b.AddressNotice(t.Context(), n.ID, 0, "")
	require.NoError(t, err)
	require.Equal(t, 2, addressed.Total)
	_, err = b.UpdateTenant(t.Context(), b.tenant, func(t *hook.Tenant) error { t.NotifyEmails = []string{"c@example.com"}; return nil })
	require.NoError(t, err)
	addressed, err = b.AddressNotice(t.Context(), n.ID, 0, "")
	require.NoError(t, err)
	require.Equal(t, []string{"a@example.com", "b@example.com"}, addressed.Notice.Recipients, "whom it goes to is settled once")

	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			_, err := b.Notified(t.Context(), n.ID, 0, 0, "")
			require.NoError(t, err)
		})
	}
	all.Wait()
	o, w, tenant, err := b.Notice(t.Context(), n.ID)
	require.NoError(t, err)
	require.Equal(t, hook.OperationRunning, o.Status)
	require.Equal(t, 1, o.Done)
	require.Equal(t, n.WebhookID, w.ID)
	require.Empty(t, w.Keys, "a mail needs no secret")
	require.Equal(t, b.tenant, tenant.ID)
	o, err = b.Notified(t.Context(), n.ID, 0, 1, "the mail server refused it with 550")
	require.NoError(t, err)
	require.Equal(t, hook.OperationDone, o.Status)
	require.Equal(t, "the mail server refused it with 550", o.Detail)
	require.Equal(t, []int{1}, o.Notice.Refused)
}

func TestANoticeThatReachesNobodySaysWhy(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o, err := b.AddressNotice(t.Context(), b.notice(t).ID, 0, "")
	require.NoError(t, err)
	require.Equal(t, hook.OperationDone, o.Status)
	require.Contains(t, o.Detail, "notify_emails")
	o, err = b.AddressNotice(t.Context(), b.notice(t, "a@example.com").ID, 0, "no SMTP server is set up")
	require.NoError(t, err)
	require.Equal(t, "no SMTP server is set up", o.Detail)

	n := b.notice(t, "a@example.com")
	_, err = b.AddressNotice(t.Context(), n.ID, 0, "")
	require.NoError(t, err)
	o, err = b.Notified(t.Context(), n.ID, 0, 0, "refused")
	require.NoError(t, err)
	require.Equal(t, hook.OperationFailed, o.Status)
	list, err := b.Operations(t.Context(), b.addTenant(t), store.OperationFilter{Kinds: []hook.OperationKind{hook.OperationNotify}}, store.Page{Limit: 10})
	require.NoError(t, err)
	require.Empty(t, list, "nobody else's")
}
