package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/store"
)

// missable is a webhook with one of everything that a recovery can meet.
type missable struct {
	*bundle
	w                                                 hook.Webhook
	since                                             time.Time
	older, foreign, failed, delivered, cancelled, way hook.Event
	missed                                            hook.Event
}

func (b *bundle) event(t testing.TB, eventType string) hook.Event {
	t.Helper()
	e := hook.Event{ID: hook.NewID(), TenantID: b.tenant, Type: eventType, Data: []byte(`{}`), OccurredAt: time.Now()}
	_, _, err := b.Publish(t.Context(), e)
	require.NoError(t, err)
	return e
}

func newMissable(t *testing.T) *missable {
	t.Helper()
	m := &missable{bundle: setup(t), since: time.Now().Add(-time.Minute)}
	m.older = m.event(t, "ticket.created")
	m.w = m.addWebhook(t, m.tenant, only("ticket", "x.*", "y.z"))
	m.foreign = m.event(t, "tickets.created")
	m.failed, m.delivered = m.event(t, "ticket.created"), m.event(t, "x.y.z")
	m.cancelled, m.way = m.event(t, "y.z"), m.event(t, "ticket")
	for n := 1; n <= 6; n++ {
		require.NoError(t, m.fail(t, m.of(t, m.failed), n, 0))
	}
	require.NoError(t, m.succeed(t, m.of(t, m.delivered), 1, 0))
	require.NoError(t, m.CancelDelivery(t.Context(), m.tenant, m.of(t, m.cancelled).ID))
	// What was published before lies outside the pause, as far as the clocks are trusted.
	m.exec(t, "INSERT INTO webhook_pauses VALUES ($1, 1, $2, now() + interval '1 minute', NULL)", m.w.ID, m.tenant)
	m.exec(t, "UPDATE webhooks SET active = false WHERE id = $1", m.w.ID)
	m.missed = m.event(t, "ticket.created")
	published := m.missed.ID
	m.missed.ID = later()
	m.exec(t, "UPDATE events SET id = $2 WHERE id = $1", published, m.missed.ID)
	m.exec(t, "UPDATE webhooks SET active = true WHERE id = $1", m.w.ID)
	return m
}

// later is an id of two minutes hence.
func later() hook.ID {
	id := hook.NewID()
	ms := time.Now().Add(2 * time.Minute).UnixMilli()
	for i := 5; i >= 0; i-- {
		id[i] = byte(ms)
		ms >>= 8
	}
	return id
}

func (m *missable) of(t *testing.T, e hook.Event) hook.Delivery {
	t.Helper()
	for _, d := range m.deliveriesOf(t, m.tenant, e.ID) {
		if d.WebhookID == m.w.ID {
			return d
		}
	}
	return hook.Delivery{}
}

// recover runs a recovery to its end.
func (m *missable) recover(t *testing.T, include hook.Include) hook.Operation {
	t.Helper()
	o, err := m.StartRecovery(t.Context(), m.tenant, m.w.ID, m.recovery(include))
	require.NoError(t, err)
	same, err := m.StartRecovery(t.Context(), m.tenant, m.w.ID, m.recovery(include))
	require.NoError(t, err)
	require.Equal(t, o.ID, same.ID, "one and the same while it runs")
	for o.Status == hook.OperationRunning {
		m.exec(t, "UPDATE deliveries SET due_at = now() + interval '1 hour' WHERE due_at < now() AND status = 'pending'")
		o, err = m.Recover(t.Context(), o.ID, o.Run)
		require.NoError(t, err)
	}
	return o
}

func (m *missable) recovery(include hook.Include) hook.Recovery {
	return hook.Recovery{Since: hook.Time(m.since), Until: hook.Time(m.since.Add(time.Hour)), Include: include}
}

func TestRecoveringBringsWhatFailedAndWhatWasMissed(t *testing.T) {
	t.Parallel()
	m := newMissable(t)
	n, err := m.CountRecoverable(t.Context(), m.tenant, m.w.ID, m.recovery(hook.IncludeFailed))
	require.NoError(t, err)
	require.Equal(t, store.Recoverable{Again: 1, Missed: 1}, n)
	m.exec(t, "DELETE FROM outbox")
	o := m.recover(t, hook.IncludeFailed)
	require.Equal(t, hook.OperationDone, o.Status)
	require.Equal(t, 2, o.Total)
	require.Equal(t, 2, o.Done)

	failed := m.of(t, m.failed)
	require.Equal(t, hook.DeliveryPending, failed.Status)
	require.Equal(t, 1, failed.Run)
	require.Equal(t, 6, failed.AttemptsBefore, "its schedule begins anew")
	require.Equal(t, hook.Outcome{Status: hook.DeliveryPending, Wait: time.Second},
		failed.Outcome(&hook.Attempt{Number: 7, Error: hook.ErrorDNS}, []int{1}))
	require.Equal(t, hook.DeliveryPending, m.of(t, m.missed).Status)
	require.Zero(t, m.of(t, m.older))
	require.Equal(t, 0, m.of(t, m.delivered).Run)
	require.Equal(t, 2, m.count(t, "SELECT count(*) FROM outbox WHERE kind = 'delivery' AND ref IN (SELECT id FROM deliveries WHERE webhook_id = $1)", m.w.ID))
	events, err := m.Events(t.Context(), m.tenant, store.EventFilter{Type: hook.EventRecoveryCompleted}, store.Page{Limit: 10})
	require.NoError(t, err)
	require.Len(t, events, 1)
	require.Contains(t, string(events[0].Data), `"recovered":2`)

	require.Zero(t, m.recover(t, hook.IncludeFailed).Done, "again there is nothing")
}

func TestRecoveringAllReplays(t *testing.T) {
	t.Parallel()
	m := newMissable(t)
	o := m.recover(t, hook.IncludeAll)
	require.Equal(t, 5, o.Total)
	require.Equal(t, 5, o.Done)
	delivered := m.of(t, m.delivered)
	require.Equal(t, hook.DeliveryDelivered, delivered.Status, "what was delivered stays delivered")
	require.True(t, delivered.Open())
	require.Equal(t, 1, delivered.Run)
	require.Equal(t, hook.DeliveryPending, m.of(t, m.older).Status, "also what is older than the webhook")
	require.Equal(t, hook.DeliveryPending, m.of(t, m.cancelled).Status)
	require.Zero(t, m.of(t, m.foreign), "not what it did not subscribe to")
	require.Zero(t, m.of(t, m.way).Run, "nor what is on its way")

	require.NoError(t, m.fail(t, delivered, 2, 0))
	delivered = m.of(t, m.delivered)
	require.True(t, delivered.Open(), "it is tried by its schedule")
	require.NoError(t, m.succeed(t, delivered, 3, 0))
	delivered = m.of(t, m.delivered)
	require.False(t, delivered.Open())
	require.Equal(t, 1, m.count(t, "SELECT count(*) FROM deliveries WHERE event_id = $1", m.delivered.ID), "one delivery of each event")
}

func TestRecoveringTakesAnEnabledWebhookOfOnesOwn(t *testing.T) {
	t.Parallel()
	m := newMissable(t)
	_, err := m.StartRecovery(t.Context(), m.addTenant(t), m.w.ID, m.recovery(hook.IncludeAll))
	require.Equal(t, hook.CodeNotFound, hook.CodeOf(err))
	o, err := m.StartRecovery(t.Context(), m.tenant, m.w.ID, m.recovery(hook.IncludeAll))
	require.NoError(t, err)
	require.NoError(t, m.setActive(t, m.w.ID, false))
	o, err = m.Recover(t.Context(), o.ID, 0)
	require.NoError(t, err)
	require.Equal(t, hook.OperationStopped, o.Status)
	_, err = m.StartRecovery(t.Context(), m.tenant, m.w.ID, m.recovery(hook.IncludeAll))
	require.Equal(t, hook.CodeConflict, hook.CodeOf(err))
}

func TestARecoveryGoesOverManyEvents(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const events = 4500
	b.exec(t, `INSERT INTO events (id, tenant_id, public_id, type, data, occurred_at)
		SELECT ('019a0000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, $1, '', CASE WHEN n % 1000 = 0 THEN 'a.b' ELSE 'c' END, '{}', now()
		FROM generate_series(1, $2::int) n`, b.tenant, events)
	w := b.addWebhook(t, b.tenant, only("a"))
	o, err := b.StartRecovery(t.Context(), b.tenant, w.ID, hook.Recovery{Include: hook.IncludeAll})
	require.NoError(t, err)
	require.True(t, o.Total == 4 || o.More, "counted, or it took too long")
	for o.Status == hook.OperationRunning {
		o, err = b.Recover(t.Context(), o.ID, 0)
		require.NoError(t, err)
	}
	require.Equal(t, 4, o.Done)
	require.Equal(t, 4, b.count(t, "SELECT count(*) FROM deliveries WHERE webhook_id = $1", w.ID))
}

func TestCountingWhatIsRecoverableEnds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	w := b.addWebhook(t, b.tenant, only("*"))
	const copied = store.Most + 100 // some are on their way by then
	b.exec(t, `INSERT INTO events (id, tenant_id, public_id, type, data, occurred_at)
		SELECT (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint - 60000), 12, '0') || '7' || lpad(to_hex(n & 4095), 3, '0') || '8' || lpad(to_hex(n), 15, '0'))::uuid,
			$1, '', 'order.placed', '{}', now() FROM generate_series(1, $2) n`, b.tenant, copied)
	r := hook.Recovery{Since: hook.Time(time.Now().Add(-time.Hour)), Until: hook.Time(time.Now().Add(time.Hour)), Include: hook.IncludeAll}
	n, err := b.CountRecoverable(t.Context(), b.tenant, w.ID, r)
	require.NoError(t, err)
	require.True(t, n.More)
	require.LessOrEqual(t, n.Missed, store.Most)
	require.NotZero(t, n.Missed)

	o, err := b.StartRecovery(t.Context(), b.tenant, w.ID, r)
	require.NoError(t, err)
	o, err = b.Recover(t.Context(), o.ID, o.Run)
	require.NoError(t, err)
	o, err = b.Operation(t.Context(), b.tenant, o.ID)
	require.NoError(t, err)
	require.True(t, o.More)
	require.WithinRange(t, o.Reached, r.Since, r.Until)

	r.Include = hook.IncludeFailed
	b.exec(t, `INSERT INTO deliveries (id, tenant_id, event_id, webhook_id, format, transform, status, due_at)
		SELECT gen_random_uuid(), tenant_id, id, $2, 'standard', '', 'failed', NULL FROM events e WHERE tenant_id = $1 ON CONFLICT DO NOTHING`, b.tenant, w.ID)
	n, err = b.CountRecoverable(t.Context(), b.tenant, w.ID, r)
	require.NoError(t, err)
	require.Equal(t, store.Recoverable{Again: store.Most, More: true}, n)
}
