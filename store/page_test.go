package store_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/store"
)

// list is a list of the store: how to add a row for a tenant, and how to get
// the ids on a page.
type list struct {
	add  func(tenant hook.ID) hook.ID
	page func(tenant hook.ID, p store.Page) ([]hook.ID, error)
}

func lists(t testing.TB, b *bundle) map[string]list {
	t.Helper()
	return map[string]list{
		"keys": {func(tenant hook.ID) hook.ID {
			k, _, err := b.CreateKey(t.Context(), tenant, "key", hook.RoleAdmin)
			require.NoError(t, err)
			return k.ID
		}, func(tenant hook.ID, p store.Page) ([]hook.ID, error) {
			rows, err := b.Keys(t.Context(), tenant, p)
			return ids(rows, func(k hook.APIKey) hook.ID { return k.ID }), err
		}},
		"endpoints": {func(tenant hook.ID) hook.ID { return b.addEndpoint(t, tenant).ID },
			func(tenant hook.ID, p store.Page) ([]hook.ID, error) {
				rows, err := b.Endpoints(t.Context(), tenant, "", p)
				return ids(rows, func(e hook.Endpoint) hook.ID { return e.ID }), err
			}},
		"webhooks": {func(tenant hook.ID) hook.ID { return b.addWebhook(t, tenant).ID },
			func(tenant hook.ID, p store.Page) ([]hook.ID, error) {
				rows, err := b.Webhooks(t.Context(), tenant, p)
				return ids(rows, func(w hook.Webhook) hook.ID { return w.ID }), err
			}},
		"messages": {func(tenant hook.ID) hook.ID {
			return b.addMessage(t, hook.Endpoint{ID: hook.NewID(), TenantID: tenant, DedupWindow: time.Hour}, "x").ID
		}, func(tenant hook.ID, p store.Page) ([]hook.ID, error) {
			rows, err := b.Messages(t.Context(), tenant, store.MessageFilter{}, p)
			return ids(rows, func(v store.MessageView) hook.ID { return v.ID }), err
		}},
		"events": {func(tenant hook.ID) hook.ID {
			e, _, err := b.Publish(t.Context(), hook.Event{ID: hook.NewID(), TenantID: tenant, Type: "x", Data: []byte("1"), OccurredAt: time.Now()})
			require.NoError(t, err)
			return e.ID
		}, func(tenant hook.ID, p store.Page) ([]hook.ID, error) {
			rows, err := b.Events(t.Context(), tenant, store.EventFilter{}, p)
			return ids(rows, func(e hook.Event) hook.ID { return e.ID }), err
		}},
		"deliveries": {func(tenant hook.ID) hook.ID {
			w := b.addWebhook(t, tenant, func(w *hook.Webhook) { w.Events = []string{hook.NewID().String()} })
			e, _, err := b.Publish(t.Context(), hook.Event{ID: hook.NewID(), TenantID: tenant, Type: w.Events[0], Data: []byte("1"), OccurredAt: time.Now()})
			require.NoError(t, err)
			return b.deliveriesOf(t, tenant, e.ID)[0].ID
		}, func(tenant hook.ID, p store.Page) ([]hook.ID, error) {
			rows, err := b.Deliveries(t.Context(), tenant, store.DeliveryFilter{}, p)
			return ids(rows, func(v store.DeliveryView) hook.ID { return v.ID }), err
		}},
	}
}

func ids[T any](rows []T, id func(T) hook.ID) (list []hook.ID) {
	for _, row := range rows {
		list = append(list, id(row))
	}
	return list
}

func TestListsArePagedWholeWhileRowsAreAdded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name := range lists(t, b) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := lists(t, b)[name]
			tenant, foreign := b.addTenant(t), b.addTenant(t)
			var want []hook.ID
			for range 23 {
				want = append([]hook.ID{list.add(tenant)}, want...)
			}
			empty, err := list.page(foreign, store.Page{Limit: 100})
			require.NoError(t, err)
			require.Empty(t, empty, "nothing of another tenant is seen")
			stranger := list.add(foreign)

			var got []hook.ID
			for p := (store.Page{Limit: 5}); ; {
				page, err := list.page(tenant, p)
				require.NoError(t, err)
				require.LessOrEqual(t, len(page), p.Limit)
				if got = append(got, page...); len(page) < p.Limit {
					break
				}
				p.Before = page[len(page)-1]
				list.add(tenant) // newer: it belongs before the first page
			}
			require.Equal(t, want, got)
			require.NotContains(t, got, stranger)
		})
	}
}

func TestForeignIDsNameNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	foreign := b.addTenant(t)
	e, w := b.addEndpoint(t, b.tenant), b.addWebhook(t, b.tenant)
	m, d := b.addMessage(t, e, "x"), b.publish(t, b.tenant)[0]
	for name, look := range map[string]func(hook.ID) error{
		"endpoint": func(tenant hook.ID) error { _, err := b.Endpoint(t.Context(), tenant, e.ID); return err },
		"webhook":  func(tenant hook.ID) error { _, err := b.Webhook(t.Context(), tenant, w.ID); return err },
		"message":  func(tenant hook.ID) error { _, err := b.Message(t.Context(), tenant, m.ID); return err },
		"delivery": func(tenant hook.ID) error { _, err := b.Delivery(t.Context(), tenant, d.ID); return err },
		"event": func(tenant hook.ID) error {
			_, err := b.Event(t.Context(), tenant, d.EventID.String())
			return err
		},
		"edit of the endpoint": func(tenant hook.ID) error {
			_, err := b.UpdateEndpoint(t.Context(), tenant, e.ID, func(*hook.Endpoint) error { return nil })
			return err
		},
		"edit of the webhook": func(tenant hook.ID) error {
			_, err := b.UpdateWebhook(t.Context(), tenant, w.ID, func(*hook.Webhook) error { return nil })
			return err
		},
	} {
		require.NoError(t, look(b.tenant), name)
		require.Equal(t, hook.CodeNotFound, hook.CodeOf(look(foreign)), name)
	}
	require.Equal(t, hook.CodeNotFound, hook.CodeOf(b.DeleteEndpoint(t.Context(), foreign, e.ID)))
	require.NoError(t, b.DeleteEndpoint(t.Context(), b.tenant, e.ID))
	_, err := b.EndpointByToken(t.Context(), e.Token)
	require.Equal(t, hook.CodeNotFound, hook.CodeOf(err))
	_, err = b.Message(t.Context(), b.tenant, m.ID)
	require.NoError(t, err, "a deleted endpoint's messages stay")
}

func TestFiltersNarrowLists(t *testing.T) {
	t.Parallel()
	b := setup(t)
	one, two := b.addEndpoint(t, b.tenant), b.addEndpoint(t, b.tenant)
	var messages []*hook.Message
	for i := range 6 {
		messages = append(messages, b.addMessage(t, []hook.Endpoint{one, two}[i%2], strconv.Itoa(i)))
		for hook.IDTime(hook.NewID()).Equal(hook.IDTime(messages[i].ID)) { // until the next millisecond
		}
	}
	find := func(f store.MessageFilter) []hook.ID {
		rows, err := b.Messages(t.Context(), b.tenant, f, store.Page{Limit: 100})
		require.NoError(t, err)
		return ids(rows, func(v store.MessageView) hook.ID { return v.ID })
	}
	require.Equal(t, []hook.ID{messages[4].ID, messages[2].ID, messages[0].ID}, find(store.MessageFilter{EndpointID: one.ID}))
	from, until := hook.IDTime(messages[2].ID), hook.IDTime(messages[4].ID)
	require.Equal(t, []hook.ID{messages[3].ID, messages[2].ID}, find(store.MessageFilter{After: from, Before: until}), "from, not until")
	require.Empty(t, find(store.MessageFilter{EndpointID: hook.NewID()}))

	w := b.addWebhook(t, b.tenant)
	b.addWebhook(t, b.tenant)
	done, waiting := b.publish(t, b.tenant), b.publish(t, b.tenant)
	require.NoError(t, b.succeed(t, done[0], 1, 0))
	require.NoError(t, b.succeed(t, done[1], 1, 0))
	deliveries := func(f store.DeliveryFilter) []hook.ID {
		rows, err := b.Deliveries(t.Context(), b.tenant, f, store.Page{Limit: 100})
		require.NoError(t, err)
		return ids(rows, func(v store.DeliveryView) hook.ID { return v.ID })
	}
	require.Len(t, deliveries(store.DeliveryFilter{WebhookID: w.ID}), 2)
	require.ElementsMatch(t, []hook.ID{waiting[0].ID, waiting[1].ID}, deliveries(store.DeliveryFilter{Status: hook.DeliveryPending}))
	require.Len(t, deliveries(store.DeliveryFilter{EventID: done[0].EventID, WebhookID: w.ID, Status: hook.DeliveryDelivered}), 1)
	require.Empty(t, deliveries(store.DeliveryFilter{EventID: done[0].EventID, Status: hook.DeliveryFailed}))

	at := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for i, eventType := range []string{"a.x", "a.y", "a.x"} {
		_, _, err := b.Publish(t.Context(), hook.Event{ID: hook.NewID(), TenantID: b.tenant, Type: eventType, Data: []byte("1"), OccurredAt: at.AddDate(0, 0, i)})
		require.NoError(t, err)
	}
	events := func(f store.EventFilter) int {
		rows, err := b.Events(t.Context(), b.tenant, f, store.Page{Limit: 100})
		require.NoError(t, err)
		return len(rows)
	}
	require.Equal(t, 2, events(store.EventFilter{Type: "a.x"}))
	require.Equal(t, 2, events(store.EventFilter{After: at, Before: at.AddDate(0, 0, 2)}))
	require.Equal(t, 1, events(store.EventFilter{Type: "a.x", After: at.AddDate(0, 0, 1), Before: at.AddDate(1, 0, 0)}))
	require.Zero(t, events(store.EventFilter{EndpointID: one.ID}))
}
