package store_test

import (
	"encoding/json"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/store"
)

// told lists what was published of a type, newest first.
func (b *bundle) told(t testing.TB, eventType string) (list []hook.FailureData) {
	t.Helper()
	events, err := b.Events(t.Context(), b.tenant, store.EventFilter{Type: eventType}, store.Page{Limit: 100})
	require.NoError(t, err)
	for _, e := range events {
		var data hook.FailureData
		require.NoError(t, json.Unmarshal(e.Data, &data))
		list = append(list, data)
	}
	return list
}

func only(events ...string) func(*hook.Webhook) { return func(w *hook.Webhook) { w.Events = events } }

func TestManyFailuresAtOnceDisableOnceAndTellOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.addWebhook(t, b.tenant, only("a.b"), func(w *hook.Webhook) {
		w.DisableAfter, w.URL = 20, "https://user@example.com/path?token=secret"
	})
	watcher := b.addWebhook(t, b.tenant, only("webhook"))
	list := b.deliveries(t, 64)
	var all sync.WaitGroup
	for _, d := range list {
		all.Go(func() { require.NoError(t, b.fail(t, d, 1, 0)) })
	}
	all.Wait()
	got := b.webhook(t, w.ID)
	require.False(t, got.Active)
	require.Equal(t, 20, got.ConsecutiveFailures)
	require.Equal(t, 1, got.Generation)

	failing, disabled := b.told(t, hook.EventWebhookFailing), b.told(t, hook.EventWebhookDisabled)
	require.Len(t, failing, 1)
	require.Len(t, disabled, 1)
	require.Equal(t, 10, failing[0].ConsecutiveFailures)
	require.Equal(t, 20, failing[0].DisableAfter)
	require.Nil(t, failing[0].Held)
	require.Equal(t, hook.DisabledByFailures, disabled[0].Reason)
	require.Equal(t, 64, *disabled[0].Held)
	require.Equal(t, "https://example.com/path", disabled[0].URL)
	require.Equal(t, 500, *disabled[0].LastAttempt.StatusCode)
	require.Equal(t, hook.ErrorStatus, disabled[0].LastAttempt.Error)
	notices := b.operations(t, w.ID, hook.OperationNotify)
	require.Len(t, notices, 2, "a warning and a notice")
	require.Equal(t, "notify/"+w.ID.String()+"/1", notices[0].Workflow())
	require.Equal(t, "notify/"+w.ID.String()+"/0", notices[1].Workflow())
	require.Equal(t, 2, b.count(t, "SELECT count(*) FROM outbox WHERE kind = 'notify'"))
	require.Equal(t, 2, b.count(t, "SELECT count(*) FROM deliveries WHERE webhook_id = $1", watcher.ID), "ordinary events")
}

func TestARunOfFailuresIsWarnedOfOnceAndMailedOnceAGeneration(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.addWebhook(t, b.tenant, only("a.b"), func(w *hook.Webhook) { w.DisableAfter = 5 })
	d := b.publish(t, b.tenant)[0]
	number := 0
	fail := func(times int) {
		for range times {
			number++
			require.NoError(t, b.fail(t, d, number, b.webhook(t, w.ID).Generation))
		}
	}
	fail(2)
	require.Empty(t, b.told(t, hook.EventWebhookFailing))
	fail(2)
	require.Len(t, b.told(t, hook.EventWebhookFailing), 1, "at three of five")
	number++
	other := b.publish(t, b.tenant)[0]
	require.NoError(t, b.succeed(t, other, 1, 0))
	fail(3)
	require.Len(t, b.told(t, hook.EventWebhookFailing), 2, "another run")
	require.Len(t, b.operations(t, w.ID, hook.OperationNotify), 1, "one mail: it would fill mailboxes")

	one := b.addWebhook(t, b.tenant, only("b"), func(w *hook.Webhook) { w.DisableAfter = 1 })
	e := hook.Event{ID: hook.NewID(), TenantID: b.tenant, Type: "b", Data: []byte("{}")}
	_, _, err := b.Publish(t.Context(), e)
	require.NoError(t, err)
	require.NoError(t, b.fail(t, b.deliveriesOf(t, b.tenant, e.ID)[0], 1, 0))
	require.Len(t, b.operations(t, one.ID, hook.OperationNotify), 1, "there is no half of one")
}

func TestADeliveryThatIsGivenUpIsPublishedUnlessItIsAboutDelivering(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.addWebhook(t, b.tenant, only("*"))
	d := b.publish(t, b.tenant)[0]
	for n := 1; n <= 6; n++ {
		require.Empty(t, b.told(t, hook.EventDeliveryFailed))
		require.NoError(t, b.fail(t, d, n, 0))
	}
	require.Equal(t, hook.DeliveryFailed, b.delivery(t, d.ID).Status)
	told := b.told(t, hook.EventDeliveryFailed)
	require.Len(t, told, 1)
	require.Equal(t, d.ID, *told[0].DeliveryID)
	require.Equal(t, d.EventID.String(), told[0].EventID)
	require.Equal(t, "a.b", told[0].EventType)
	require.Equal(t, 6, told[0].Attempts)
	require.NoError(t, b.fail(t, d, 7, 0))
	require.Len(t, b.told(t, hook.EventDeliveryFailed), 1, "it was given up before")

	about := b.under(t, w)
	require.Len(t, about, 1)
	require.NoError(t, b.fail(t, about[0], 9, 0))
	require.Equal(t, hook.DeliveryFailed, b.delivery(t, about[0].ID).Status)
	require.Len(t, b.told(t, hook.EventDeliveryFailed), 1, "else it would never end")

	cancelled := b.publish(t, b.tenant)[0]
	require.NoError(t, b.CancelDelivery(t.Context(), b.tenant, cancelled.ID))
	require.NoError(t, b.fail(t, cancelled, 9, 0))
	require.Len(t, b.told(t, hook.EventDeliveryFailed), 1, "nobody waits for it")
}
