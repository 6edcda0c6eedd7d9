package test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/client"
)

// liveOperations does to a webhook, and to a delivery that it got, what an
// operator does.
func liveOperations(t *testing.T, g *gate, webhook string, d client.Delivery) {
	t.Helper()
	test, err := g.client.TestWebhook(t.Context(), webhook, "", 10*time.Second)
	require.NoError(t, err)
	require.True(t, test.Test)
	require.Equal(t, client.DeliveryDelivered, test.Status)
	again, err := g.client.RetryDelivery(t.Context(), d.ID)
	require.NoError(t, err)
	require.Equal(t, client.DeliveryDelivered, again.Status)
	await(t, func() (client.Delivery, error) { return g.client.Delivery(t.Context(), d.ID) }, hasAttempts(2), "it is sent again")
	_, err = g.client.CancelDelivery(t.Context(), test.ID)
	requireRefused(t, err, http.StatusConflict)

	everything := client.Recovery{Since: time.Now().Add(-time.Hour), Include: client.IncludeAll}
	count, err := g.client.CountRecoverable(t.Context(), webhook, everything)
	require.NoError(t, err)
	require.Equal(t, count.Count, count.Again+count.Missed)
	begun, err := g.client.Recover(t.Context(), webhook, everything)
	require.NoError(t, err)
	done := await(t, func() (client.Operation, error) { return g.client.Operation(t.Context(), begun.ID) },
		func(o client.Operation) bool { return o.Status != client.OperationRunning }, "the recovery ends")
	require.Equal(t, client.OperationDone, done.Status)
	require.Contains(t, collect(t, g.client.Operations(t.Context(), webhook)), done)
	require.Empty(t, collect(t, g.client.Notices(t.Context(), webhook)))
}
