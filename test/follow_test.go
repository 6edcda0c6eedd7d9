package test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/client"
	"posthorn/follow"
)

func kinds(steps []follow.Step) (list []follow.Kind) {
	for _, s := range steps {
		list = append(list, s.Kind)
	}
	return list
}

func TestAMessageIsFollowedToItsDeliveries(t *testing.T) {
	t.Parallel()
	g := start(t)
	_, sender := g.endpoint(t)
	var steps []follow.Step
	tell := func(s follow.Step) { steps = append(steps, s) }
	accepted, err := sender.Send(t.Context(), plain("unwanted"))
	require.NoError(t, err)
	out, err := follow.Message(t.Context(), g.client, accepted.ID, tell)
	require.NoError(t, err)
	require.Equal(t, follow.Outcome{Events: 1}, out)
	require.Equal(t, []follow.Kind{follow.Accepted, follow.Archived, follow.Published, follow.Unwanted}, kinds(steps))

	g.webhook(t, receive(t))
	accepted, err = sender.Send(t.Context(), plain("wanted"))
	require.NoError(t, err)
	steps = nil
	out, err = follow.Message(t.Context(), g.client, accepted.ID, tell)
	require.NoError(t, err)
	require.Equal(t, follow.Outcome{Events: 1, Delivered: 1}, out)
	require.Equal(t, []follow.Kind{follow.Accepted, follow.Archived, follow.Published, follow.Attempted, follow.Delivered}, kinds(steps))
	require.Contains(t, steps[3].Text, "200")

	_, err = follow.Message(t.Context(), g.client, "00000000-0000-7000-8000-000000000000", tell)
	requireRefused(t, err, http.StatusNotFound)
	closed := "https://127.0.0.1:1/"
	failing, err := g.client.CreateWebhook(t.Context(), client.WebhookSettings{URL: &closed, Events: &[]string{"a.b"}, RetryPolicy: &[]int{3600}})
	require.NoError(t, err)
	event, err := g.client.Publish(t.Context(), client.NewEvent{Type: "a.b", Data: map[string]any{}})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	steps = nil
	_, err = follow.Event(ctx, g.client, event.ID, func(s follow.Step) {
		if tell(s); s.Kind == follow.Attempted {
			time.AfterFunc(time.Second, cancel)
		}
	})
	require.ErrorIs(t, err, context.Canceled, "the delivery waits for its next attempt")
	require.Equal(t, []follow.Kind{follow.Published, follow.Attempted}, kinds(steps))
	_, err = g.client.UpdateWebhook(t.Context(), failing.ID, client.WebhookSettings{Active: new(false)})
	require.NoError(t, err)
	out, err = follow.Event(t.Context(), g.client, event.ID, tell)
	require.NoError(t, err)
	require.Equal(t, follow.Outcome{Events: 1, Held: 1}, out)
}
