package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/store"
)

func (b *bundle) ledger(t require.TestingT, tenant hook.ID) store.Ledger {
	l, err := b.Ledger(ctxOf(t), tenant)
	require.NoError(t, err)
	require.True(t, l.Messages.Balanced(), "%+v", l)
	require.True(t, l.Deliveries.Balanced(), "%+v", l)
	same, err := b.Recount(ctxOf(t), tenant)
	require.NoError(t, err)
	require.True(t, same, "the ledger says what counting says: %+v", l)
	return l
}

// archive archives a message, and publishes events that it became.
func (b *bundle) archive(t require.TestingT, m *hook.Message, events ...hook.Event) {
	_, err := b.NumberMessages(ctxOf(t), m.ID)
	require.NoError(t, err)
	m.RetainUntil = time.Now()
	_, err = b.Archived(ctxOf(t), store.Sealing{Message: m, Content: []byte(`{}`), Events: events})
	require.NoError(t, err)
}

func TestTheLedgerFollowsEveryMessageAndDelivery(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e, w := b.addEndpoint(t, b.tenant), b.addWebhook(t, b.tenant, only("a.b"))
	other := b.addWebhook(t, b.tenant, only("a.b"))
	require.Zero(t, b.ledger(t, b.tenant).Messages)
	first := b.addMessage(t, e, "1")
	b.addMessage(t, e, "1")
	b.addMessage(t, e, "2")
	b.archive(t, first, hook.Event{ID: hook.NewID(), TenantID: b.tenant, Type: "a.b", Data: []byte(`{}`), OccurredAt: time.Now()})
	b.archive(t, first)
	l := b.ledger(t, b.tenant)
	require.Equal(t, hook.MessageCounts{Accepted: 2, Archived: 1, InFlight: 1}, l.Messages, "duplicates are none")
	require.Equal(t, hook.DeliveryCounts{Made: 2, InFlight: 2}, l.Deliveries, "one event, two webhooks")
	require.Equal(t, []store.EndpointCounts{{ID: e.ID, Name: "in", MessageCounts: l.Messages}}, l.Endpoints)
	require.Len(t, l.Webhooks, 2)
	require.Equal(t, hook.DeliveryCounts{Made: 1, InFlight: 1}, l.Webhooks[0].DeliveryCounts)
	require.Equal(t, 2, l.Due)
	require.WithinDuration(t, time.Now(), l.OldestMessage, time.Minute)
	require.WithinDuration(t, time.Now(), l.OldestDelivery, time.Minute)

	for i, d := range b.publish(t, b.tenant) {
		if i == 0 {
			require.NoError(t, b.succeed(t, d, 1, 0))
			continue
		}
		for n := 1; n <= 6; n++ {
			require.NoError(t, b.fail(t, d, n, 0))
		}
	}
	_, err := b.SendTest(t.Context(), b.tenant, w.ID, func(*hook.Webhook) hook.Event {
		return hook.Event{ID: hook.NewID(), Type: "a.b", Data: []byte(`{}`), OccurredAt: time.Now()}
	})
	require.NoError(t, err)
	require.Equal(t, hook.DeliveryCounts{Made: 4, InFlight: 2, Delivered: 1, Failed: 1}, b.ledger(t, b.tenant).Deliveries, "tests stand apart")
	require.NoError(t, b.setActive(t, w.ID, false))
	require.NoError(t, b.DeleteWebhook(t.Context(), b.tenant, other.ID))
	l = b.ledger(t, b.tenant)
	require.Equal(t, hook.DeliveryCounts{Made: 4, Held: 1, Cancelled: 1, Delivered: 1, Failed: 1}, l.Deliveries)
	require.Zero(t, l.OldestDelivery)
	require.Zero(t, l.Due)
	require.Zero(t, b.ledger(t, b.addTenant(t)).Deliveries, "another tenant's are its own")
}

func TestTheLedgerSaysTheSameWhenChangesAreAddedUp(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.addEndpoint(t, b.tenant)
	b.addWebhook(t, b.tenant)
	for _, id := range []string{"1", "2", "3"} {
		b.archive(t, b.addMessage(t, e, id))
		require.NoError(t, b.succeed(t, b.publish(t, b.tenant)[0], 1, 0))
	}
	was := b.ledger(t, b.tenant)
	require.Equal(t, hook.MessageCounts{Accepted: 3, Archived: 3}, was.Messages)
	changes := b.count(t, "SELECT count(*) FROM ledger_changes")
	require.Greater(t, changes, 6)
	for more := true; more; {
		var err error
		more, err = b.Prune(t.Context(), 4)
		require.NoError(t, err)
		require.Equal(t, was, b.ledger(t, b.tenant), "at every step")
	}
	require.Zero(t, b.count(t, "SELECT count(*) FROM ledger_changes"))
	require.Equal(t, 2, b.count(t, "SELECT count(*) FROM ledger_totals"))
}

func TestTheLedgerKeepsWhatIsDeleted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.addEndpoint(t, b.tenant)
	b.addWebhook(t, b.tenant)
	b.archive(t, b.addMessage(t, e, "1"))
	b.addMessage(t, e, "2")
	require.NoError(t, b.succeed(t, b.publish(t, b.tenant)[0], 1, 0))
	was := b.ledger(t, b.tenant)
	b.exec(t, "DELETE FROM messages WHERE status = 'archived'")
	b.exec(t, "DELETE FROM deliveries")
	now := b.ledger(t, b.tenant)
	require.Equal(t, was, now)
	_, err := b.Prune(t.Context(), 100)
	require.NoError(t, err)
	require.Equal(t, was, b.ledger(t, b.tenant))
}

func TestRecountingSeesWhatTheLedgerMissed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWebhook(t, b.tenant)
	b.publish(t, b.tenant)
	b.exec(t, "ALTER TABLE deliveries DISABLE TRIGGER ledger_update")
	b.exec(t, "UPDATE deliveries SET status = 'failed'")
	same, err := b.Recount(t.Context(), b.tenant)
	require.NoError(t, err)
	require.False(t, same)
	b.exec(t, "INSERT INTO ledger_changes (tenant_id, subject_id, accepted) VALUES ($1, gen_random_uuid(), $2)", b.tenant, store.MaxRecount)
	_, err = b.Recount(t.Context(), b.tenant)
	require.Equal(t, hook.CodeConflict, hook.CodeOf(err))
}

func TestWhatTheLedgerCountsIsListed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e, w := b.addEndpoint(t, b.tenant), b.addWebhook(t, b.tenant, only("a.b"))
	b.archive(t, b.addMessage(t, e, "1"))
	open := b.addMessage(t, e, "2")
	for status, want := range map[hook.MessageStatus]int{"": 2, hook.MessageAccepted: 1, hook.MessageArchived: 1} {
		list, err := b.Messages(t.Context(), b.tenant, store.MessageFilter{Status: status, EndpointID: e.ID}, store.Page{Limit: 10})
		require.NoError(t, err)
		require.Len(t, list, want, "%q", status)
		if status == hook.MessageAccepted {
			require.Equal(t, open.ID, list[0].ID)
		}
	}
	delivered, failed := b.publish(t, b.tenant)[0], b.publish(t, b.tenant)[0]
	require.NoError(t, b.succeed(t, delivered, 1, 0))
	for n := 1; n <= 6; n++ {
		require.NoError(t, b.fail(t, failed, n, 0))
	}
	_, err := b.SendTest(t.Context(), b.tenant, w.ID, func(*hook.Webhook) hook.Event {
		return hook.Event{ID: hook.NewID(), Type: "a.b", Data: []byte(`{}`), OccurredAt: time.Now()}
	})
	require.NoError(t, err)
	for want, f := range map[int]store.DeliveryFilter{
		3: {}, 2: {Test: new(false)}, 1: {Test: new(true), Status: hook.DeliveryPending}, 0: {Test: new(false), Status: hook.DeliveryPending},
	} {
		list, err := b.Deliveries(t.Context(), b.tenant, f, store.Page{Limit: 10})
		require.NoError(t, err)
		require.Len(t, list, want, "%+v", f)
	}
	list, err := b.Deliveries(t.Context(), b.tenant, store.DeliveryFilter{Status: hook.DeliveryFailed}, store.Page{Limit: 10})
	require.NoError(t, err)
	require.Equal(t, failed.ID, list[0].ID)
	require.Len(t, list, 1)
}
