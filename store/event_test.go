package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/store"
)

func TestAnEventHasOneDeliveryForEachMatchingWebhook(t *testing.T) {
	t.Parallel()
	b := setup(t)
	with := func(events ...string) func(*hook.Webhook) { return func(w *hook.Webhook) { w.Events = events } }
	matching := []hook.ID{
		b.addWebhook(t, b.tenant, with("ticket.created")).ID, b.addWebhook(t, b.tenant, with("x", "ticket")).ID,
		b.addWebhook(t, b.tenant, with("ticket.*")).ID, b.addWebhook(t, b.tenant, with("*", "ticket", "ticket.*")).ID,
	}
	b.addWebhook(t, b.tenant, with("ticket.closed", "tick", "tick.*", "created"))
	b.addWebhook(t, b.tenant, func(w *hook.Webhook) { w.Active = false })
	deleted := b.addWebhook(t, b.tenant)
	require.NoError(t, b.DeleteWebhook(t.Context(), b.tenant, deleted.ID))
	b.addWebhook(t, b.addTenant(t))

	e := hook.Event{ID: hook.NewID(), TenantID: b.tenant, Type: "ticket.created", Data: []byte(`{"n":1e400000,"s":"\u0000"}`), OccurredAt: time.Now()}
	_, repeat, err := b.Publish(t.Context(), e)
	require.NoError(t, err)
	require.False(t, repeat)
	var got []hook.ID
	for _, d := range b.deliveriesOf(t, b.tenant, e.ID) {
		require.Equal(t, hook.DeliveryPending, d.Status)
		got = append(got, d.WebhookID)
		todo, err := b.DeliveryToAttempt(t.Context(), d.ID)
		require.NoError(t, err)
		require.Equal(t, e.Data, todo.Event.Data, "data are stored as they came")
		require.Zero(t, todo.Wait)
	}
	require.ElementsMatch(t, matching, got)
	jobs, err := b.Jobs(t.Context(), allShards(), 0, 100)
	require.NoError(t, err)
	require.Len(t, jobs, len(matching))
	for _, j := range jobs {
		require.Equal(t, store.Job{
			RowID: j.RowID, Shard: store.Shard(j.SubjectID), Kind: store.KindDelivery, Ref: j.Ref,
			First: true, Streamable: true, DisableAfter: 1000, TenantID: b.tenant,
			SubjectID: j.SubjectID, EventType: "ticket.created", URL: "https://example.com/",
		}, j)
	}
}

func TestARepeatedEventIDIsTheFirstEvent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWebhook(t, b.tenant)
	var all sync.WaitGroup
	ids := make([]hook.ID, 16)
	repeats := make([]bool, len(ids))
	for i := range ids {
		all.Go(func() {
			e, repeat, err := b.Publish(t.Context(), hook.Event{
				ID: hook.NewID(), TenantID: b.tenant, PublicID: "evt", Type: "a.b", Data: fmt.Append(nil, i), OccurredAt: time.Now(),
			})
			require.NoError(t, err)
			ids[i], repeats[i] = e.ID, repeat
		})
	}
	all.Wait()
	firsts := 0
	for i := range ids {
		require.Equal(t, ids[0], ids[i])
		if !repeats[i] {
			firsts++
		}
	}
	require.Equal(t, 1, firsts)
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM events"))
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM deliveries"))
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM outbox"))

	e, err := b.Event(t.Context(), b.tenant, "evt")
	require.NoError(t, err)
	require.Equal(t, ids[0], e.ID)
	other := b.addTenant(t)
	_, repeat, err := b.Publish(t.Context(), hook.Event{
		ID: hook.NewID(), TenantID: other, PublicID: "evt", Type: "a.b", Data: []byte("1"), OccurredAt: time.Now(),
	})
	require.NoError(t, err)
	require.False(t, repeat, "another tenant's ids are its own")
}

func TestAnEventIsFoundByEitherName(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := hook.Event{ID: hook.NewID(), TenantID: b.tenant, PublicID: hook.NewID().String(), Type: "a.b", Data: []byte("1"), OccurredAt: time.Now()}
	_, _, err := b.Publish(t.Context(), e)
	require.NoError(t, err)
	for _, name := range []string{e.ID.String(), e.PublicID} {
		found, err := b.Event(t.Context(), b.tenant, name)
		require.NoError(t, err)
		require.Equal(t, e.ID, found.ID)
		require.Equal(t, e.PublicID, found.PublicID)
		_, err = b.Event(t.Context(), b.addTenant(t), name)
		require.Equal(t, hook.CodeNotFound, hook.CodeOf(err))
	}
	for _, name := range []string{"", "x", "\x00", "\xff", hook.NewID().String()} {
		_, err := b.Event(t.Context(), b.tenant, name)
		require.Equal(t, hook.CodeNotFound, hook.CodeOf(err), "%q", name)
	}
}

func TestTextThatTheDatabaseCannotHoldIsTheCallersFault(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, bad := range []string{"a\x00", "\xff"} {
		_, err := b.Events(t.Context(), b.tenant, store.EventFilter{Type: bad}, store.Page{Limit: 1})
		require.Equal(t, hook.CodeInvalid, hook.CodeOf(err))
		_, err = b.UpdateTenant(t.Context(), b.tenant, func(tenant *hook.Tenant) error {
			tenant.Name = bad
			return nil
		})
		require.Equal(t, hook.CodeInvalid, hook.CodeOf(err))
		_, err = b.EndpointByToken(t.Context(), bad)
		require.Equal(t, hook.CodeNotFound, hook.CodeOf(err))
	}
}
