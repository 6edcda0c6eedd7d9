package test

import (
	"encoding/json"
	"net/http"
	"os/exec"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/client"
)

func TestTheLedgerBalancesWhatWentThrough(t *testing.T) {
	t.Parallel()
	g := start(t)
	_, sender := g.endpoint(t)
	const n = 5
	g.webhook(t, receive(t))
	g.webhook(t, receive(t, slices.Repeat([]int{http.StatusInternalServerError}, n)...), retries())
	for i := range n {
		_, err := sender.Send(t.Context(), plain(strconv.Itoa(i)))
		require.NoError(t, err)
		l, err := g.client.Ledger(t.Context(), true)
		require.NoError(t, err)
		require.True(t, l.Balanced)
		require.True(t, *l.Recounted)
		require.EqualValues(t, i+1, l.Messages.Accepted)
	}
	l := await(t, func() (client.Ledger, error) { return g.client.Ledger(t.Context(), true) }, func(l client.Ledger) bool {
		return l.Messages.Archived == n && l.Deliveries.Delivered == n && l.Deliveries.Failed == n && l.Deliveries.InFlight == 0
	}, "everything has ended")
	require.True(t, l.Balanced)
	require.True(t, *l.Recounted)
	require.Equal(t, client.MessageCounts{Accepted: n, Archived: n}, l.Messages.MessageCounts)
	require.Zero(t, l.Messages.OldestInFlight)
	require.Len(t, collect(t, g.client.Deliveries(t.Context(), client.DeliveryFilter{Status: client.DeliveryFailed, Test: new(false)})), n)
	require.Len(t, collect(t, g.client.Messages(t.Context(), client.MessageFilter{Status: "archived"})), n)

	path, err := program()
	require.NoError(t, err)
	ledger := exec.CommandContext(t.Context(), path, "ledger", "--json")
	ledger.Env = []string{"POSTHORN_URL=" + g.config.URL, "POSTHORN_API_KEY=" + g.tenant.Key}
	output, err := ledger.Output()
	require.NoError(t, err)
	var printed client.Ledger
	require.NoError(t, json.Unmarshal(output, &printed))
	printed.At, l.Recounted = l.At, nil
	require.Equal(t, l, printed)
}
