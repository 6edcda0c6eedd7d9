package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/client"
)

func TestTheLedgerIsPrintedForPeople(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	l := client.Ledger{At: now, Balanced: true}
	l.Messages.MessageCounts = client.MessageCounts{Accepted: 1234567, Archived: 1234560, InFlight: 7}
	l.Messages.OldestInFlight = now.Add(-90 * time.Second)
	l.Deliveries.DeliveryCounts = client.DeliveryCounts{Made: 2000, Delivered: 1985, InFlight: 5, Held: 4, Failed: 3, Cancelled: 3}
	l.Deliveries.OldestInFlight, l.Deliveries.Due = now.Add(-2*time.Hour), 2
	l.Webhooks = []client.WebhookCounts{{ID: "id", Name: "crm\x1b[31m", DeliveryCounts: l.Deliveries.DeliveryCounts}}
	l.Recounted = new(true)
	var out strings.Builder
	require.NoError(t, writeLedger(&out, &l))
	require.Equal(t, `   accepted   archived  in flight
  1,234,567  1,234,560          7
It adds up: 1,234,567 = 1,234,560 + 7.
The oldest in flight has been so for 1m30s.

   made  delivered  in flight  held  failed  cancelled
  2,000      1,985          5     4       3          3
It adds up: 2,000 = 1,985 + 5 + 4 + 3 + 3.
The oldest in flight has been so for 2h0m0s.
2 of them wait for no retry.

   made  delivered  in flight  held  failed  cancelled  webhook
  2,000      1,985          5     4       3          3  id crm[31m

Counting every row says the same.
`, out.String())
}

func TestALedgerThatDoesNotAddUpSaysSo(t *testing.T) {
	t.Parallel()
	l := client.Ledger{Recounted: new(false)}
	l.Messages.Accepted = -1000
	var out strings.Builder
	require.NoError(t, writeLedger(&out, &l))
	require.Contains(t, out.String(), "IT DOES NOT ADD UP: -1,000 = 0 + 0.")
	require.Contains(t, out.String(), "COUNTING EVERY ROW SAYS OTHERWISE")
}
