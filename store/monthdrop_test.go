package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/store"
)

// When the things of these tests happened.
const (
	past       = store.Month("2025-03")
	afterwards = store.Month("2025-04")
)

var pastDay = time.Date(2025, 3, 14, 15, 9, 26, 0, time.UTC)

// old is a tenant's past: a message that is archived, its event, which was
// delivered, and one that was published, beside what came today.
type old struct {
	*bundle
	endpoint  hook.Endpoint
	message   *hook.Message
	event     hook.Event
	delivery  hook.Delivery
	published hook.Event
}

func longAgo(t *testing.T) *old {
	t.Helper()
	o := &old{bundle: setup(t)}
	o.exec(t, "SELECT make_month(m) FROM unnest('{2025-03-01,2025-04-01}'::date[]) m")
	o.endpoint = o.addEndpoint(t, o.tenant)
	o.addWebhook(t, o.tenant)
	o.message = newMessage(o.endpoint, "old", "{}")
	o.message.ID = idAt(pastDay)
	ingest := o.NewIngest()
	defer ingest.Close()
	_, err := ingest.Accept(t.Context(), o.message, time.Hour)
	require.NoError(t, err)
	require.NoError(t, o.SaveAttachment(t.Context(), o.message, store.Attached{Attachment: hook.Attachment{Object: hook.Object{Key: "k"}}}))
	n, err := o.Index(t.Context(), 100, func(store.Unindexed) []string { return []string{"old"} })
	require.NoError(t, err)
	require.Equal(t, 1, n)
	o.event = hook.Event{
		ID: idAt(pastDay), TenantID: o.tenant, EndpointID: o.endpoint.ID, MessageID: o.message.ID, Type: "a.b", Data: []byte(`{}`), OccurredAt: pastDay,
		Transition: &hook.Transition{Key: "k", MessageID: "m", Rank: 1},
	}
	o.exec(t, "INSERT INTO segments (id, tenant_id, endpoint_id, messages, version_id) VALUES ($1, $2, $3, $4, 'v')",
		idAt(pastDay), o.tenant, o.endpoint.ID, []hook.ID{o.message.ID})
	o.exec(t, "INSERT INTO batches (id, tenant_id, endpoint_id, request, sha256, version_id) VALUES ($1, $2, $3, '', '', 'v')",
		idAt(pastDay), o.tenant, o.endpoint.ID)
	o.archive(t, o.message, o.event)
	o.delivery = o.deliver(t, o.event, pastDay)
	o.published = hook.Event{ID: idAt(pastDay), TenantID: o.tenant, PublicID: "evt", Type: "a.b", Data: []byte(`{}`), OccurredAt: pastDay}
	_, _, err = o.Publish(t.Context(), o.published)
	require.NoError(t, err)
	o.deliver(t, o.published, pastDay)
	o.archive(t, o.addMessage(t, o.endpoint, "new"))
	require.NoError(t, o.succeed(t, o.publish(t, o.tenant)[0], 1, 0))
	return o
}

// deliver has an event's only delivery made at some time, and delivered.
func (o *old) deliver(t *testing.T, e hook.Event, at time.Time) hook.Delivery {
	t.Helper()
	d := o.deliveriesOf(t, o.tenant, e.ID)[0]
	id := idAt(at)
	require.Equal(t, 1, o.exec(t, "UPDATE deliveries SET id = $1 WHERE id = $2", id, d.ID))
	d.ID = id
	require.NoError(t, o.succeed(t, d, 1, 0))
	return d
}

func (o *old) drop(t *testing.T, m store.Month) store.Dropped {
	t.Helper()
	d, err := o.DropMonth(t.Context(), m, 24*time.Hour, func(store.Dropped) {})
	require.NoError(t, err)
	o.ledger(t, o.tenant)
	return d
}

// left counts the rows of the past, by table, where there are any.
func (o *old) left(t *testing.T) map[string]int {
	t.Helper()
	found := map[string]int{}
	for table, column := range map[string]string{
		"messages": "id", "message_bodies": "message_id", "message_search": "message_id", "search_queue": "message_id", "attachments": "message_id",
		"archive_faults": "message_id", "events": "id", "event_ids": "event_id", "transitions": "event_id", "deliveries": "event_id", "attempts": "delivery_id",
		"segments": "id", "batches": "id",
	} {
		if n := o.count(t, "SELECT count(*) FROM "+table+" WHERE "+column+" < first_id('2026-01-01Z')"); n > 0 {
			found[table] = n
		}
	}
	return found
}

func TestAMonthGoesWithAllThatBelongsToItAndTheLedgerAddsUp(t *testing.T) {
	t.Parallel()
	o := longAgo(t)
	before := o.ledger(t, o.tenant)
	require.Equal(t, map[string]int{
		"messages": 1, "message_search": 1, "attachments": 1, "events": 2, "event_ids": 1, "transitions": 1, "deliveries": 2, "attempts": 2, "segments": 1, "batches": 1,
	}, o.left(t))
	o.exec(t, "INSERT INTO search_queue VALUES ($1)", o.message.ID)
	months, err := o.PastMonths(t.Context())
	require.NoError(t, err)
	require.Equal(t, []store.Month{past, afterwards}, months)

	d := o.drop(t, past)
	require.Equal(t, store.Dropped{Tables: []string{"messages", "message_search", "events", "attempts"}, Messages: 1, Deliveries: 2}, d)
	require.Empty(t, o.left(t))
	after := o.ledger(t, o.tenant)
	require.Equal(t, before, after, "what went stays counted")
	for more := true; more; {
		more, err = o.Prune(t.Context(), 1000)
		require.NoError(t, err)
	}
	require.Equal(t, before, o.ledger(t, o.tenant))
	months, err = o.PastMonths(t.Context())
	require.NoError(t, err)
	require.Equal(t, []store.Month{afterwards}, months)
	require.Equal(t, store.Dropped{}, o.drop(t, past), "once more does nothing")

	again := o.published
	again.ID = hook.NewID()
	_, repeated, err := o.Publish(t.Context(), again)
	require.NoError(t, err)
	require.False(t, repeated, "its id is free again")
}

func TestAMonthStaysWhileAnythingInItIsKept(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change, undo string // SQL
		of           func(*old) hook.ID
		kept         string
	}{
		"not archived": {
			"UPDATE messages SET status = 'accepted' WHERE id = $1", "UPDATE messages SET status = 'archived' WHERE id = $1",
			func(o *old) hook.ID { return o.message.ID }, "a message is not archived",
		},
		"retained": {
			"UPDATE messages SET retain_until = now() + interval '1 hour' WHERE id = $1", "UPDATE messages SET retain_until = now() WHERE id = $1",
			func(o *old) hook.ID { return o.message.ID }, "a message is retained",
		},
		"its endpoint keeps longer": {
			"UPDATE endpoints SET retention = 10 * 365 * 86400 WHERE id = $1", "UPDATE endpoints SET retention = 1 WHERE id = $1",
			func(o *old) hook.ID { return o.endpoint.ID }, "an event is retained",
		},
		"held": {
			"UPDATE deliveries SET status = 'held' WHERE id = $1", "UPDATE deliveries SET status = 'cancelled' WHERE id = $1",
			func(o *old) hook.ID { return o.delivery.ID }, "a delivery is held",
		},
		"on its way": {
			"UPDATE deliveries SET status = 'pending' WHERE id = $1", "UPDATE deliveries SET status = 'failed' WHERE id = $1",
			func(o *old) hook.ID { return o.delivery.ID }, "a delivery is not finished",
		},
		"delivered once more": {
			"UPDATE deliveries SET due_at = now() WHERE id = $1", "UPDATE deliveries SET due_at = NULL WHERE id = $1",
			func(o *old) hook.ID { return o.delivery.ID }, "a delivery is not finished",
		},
		"queued": {
			"UPDATE deliveries SET place = 7 WHERE id = $1", "UPDATE deliveries SET place = NULL WHERE id = $1",
			func(o *old) hook.ID { return o.delivery.ID }, "a delivery is not finished",
		},
		"holding others up": {
			"UPDATE deliveries SET status = 'failed', order_key = 'k', order_seq = 1, turn = 'holds' WHERE id = $1", "UPDATE deliveries SET turn = '' WHERE id = $1",
			func(o *old) hook.ID { return o.delivery.ID }, "a delivery is not finished",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := longAgo(t)
			before := o.left(t)
			require.Equal(t, 1, o.exec(t, c.change, c.of(o)))
			require.Equal(t, store.Dropped{Kept: c.kept}, o.drop(t, past))
			require.Equal(t, before, o.left(t))
			require.Equal(t, 1, o.exec(t, c.undo, c.of(o)))
			require.Empty(t, o.drop(t, past).Kept)
			require.Empty(t, o.left(t))
		})
	}
}

func TestEventsOfNoEndpointStayAsLongAsTheDeploymentKeeps(t *testing.T) {
	t.Parallel()
	o := longAgo(t)
	d, err := o.DropMonth(t.Context(), past, 10*365*24*time.Hour, func(store.Dropped) {})
	require.NoError(t, err)
	require.Equal(t, store.Dropped{Kept: "an event is retained"}, d)
}

func TestAttemptsStayWhileTheirDeliveryDoesAndGoWithIt(t *testing.T) {
	t.Parallel()
	o := longAgo(t)
	_, err := o.DropMonth(t.Context(), afterwards, time.Hour, func(store.Dropped) {})
	require.NoError(t, err)
	o.exec(t, "SELECT make_month('2025-04-01')")
	late := idAt(pastDay.AddDate(0, 1, 0)) // recovered a month later
	o.exec(t, "UPDATE deliveries SET id = $1 WHERE id = $2", late, o.delivery.ID)
	o.exec(t, "UPDATE attempts SET delivery_id = $1 WHERE delivery_id = $2", late, o.delivery.ID)

	require.Equal(t, []string{"messages", "message_search", "events"}, o.drop(t, afterwards).Tables, "the delivery is still there")
	require.Equal(t, 2, o.left(t)["attempts"])
	require.Equal(t, 2, o.drop(t, past).Deliveries)
	require.Empty(t, o.left(t), "its attempts lay in another month")
	require.Equal(t, []string{"attempts"}, o.drop(t, afterwards).Tables)
}

func TestAMonthThatSomebodyReadsIsDroppedLaterAndKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	o := longAgo(t)
	reader, err := o.raw.Begin(t.Context())
	require.NoError(t, err)
	_, err = reader.Exec(t.Context(), "SELECT count(*) FROM events")
	require.NoError(t, err)
	_, err = o.DropMonth(t.Context(), past, time.Hour, func(store.Dropped) {})
	refused, ok := errors.AsType[*hook.Error](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, hook.CodeUnavailable, refused.Code)
	require.Equal(t, 1, o.left(t)["messages"])
	o.addMessage(t, o.endpoint, "meanwhile")
	o.ledger(t, o.tenant)
	require.NoError(t, reader.Rollback(t.Context()))
	require.Equal(t, 1, o.drop(t, past).Messages)
}

func TestADeliveryThatIsSetGoingMeanwhileKeepsItsMonth(t *testing.T) {
	t.Parallel()
	o := longAgo(t)
	retry, err := o.raw.Begin(t.Context())
	require.NoError(t, err)
	_, err = retry.Exec(t.Context(), "SELECT FROM deliveries WHERE id = $1 FOR UPDATE", o.delivery.ID)
	require.NoError(t, err)
	require.Equal(t, store.Dropped{Deliveries: 1, Kept: "a delivery was set going again"}, o.drop(t, past))
	left := o.left(t)
	require.Equal(t, 2, left["events"])
	require.Equal(t, 1, left["messages"])
	require.NoError(t, retry.Rollback(t.Context()))
	require.Equal(t, 1, o.drop(t, past).Deliveries)
	require.Empty(t, o.left(t))
}
