package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/store"
)

func TestPartitionsAreThereBeforeTheyAreNeeded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	made, err := b.MakeMonths(t.Context())
	require.NoError(t, err)
	require.Empty(t, made, "the migration made them")
	month := time.Date(time.Now().UTC().Year(), time.Now().UTC().Month(), 1, 0, 0, 0, 0, time.UTC)
	for n := range 3 {
		require.Equal(t, 1, b.count(t, "SELECT count(*) FROM pg_class WHERE relname = $1", "events_"+month.AddDate(0, n, 0).Format("2006_01")))
	}
	for _, table := range []string{"messages", "message_search", "events", "attempts"} {
		b.exec(t, "DROP TABLE "+table+"_"+month.Format("2006_01"))
	}
	b.exec(t, "DROP TABLE events_"+month.AddDate(0, 2, 0).Format("2006_01"))
	e := b.addEndpoint(t, b.tenant)
	stray := b.addMessage(t, e, "1") // it is accepted all the same
	b.archive(t, stray)
	strays, err := b.HasStrays(t.Context())
	require.NoError(t, err)
	require.True(t, strays)
	before := b.ledger(t, b.tenant)

	made, err = b.MakeMonths(t.Context())
	require.NoError(t, err)
	require.Equal(t, []store.Month{store.Month(month.Format("2006-01")), store.Month(month.AddDate(0, 2, 0).Format("2006-01"))}, made)
	strays, err = b.HasStrays(t.Context())
	require.NoError(t, err)
	require.False(t, strays, "it lies in its month")
	require.Equal(t, before, b.ledger(t, b.tenant))
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM messages_"+month.Format("2006_01")))
}

func TestATenantsRoleReachesNoPartition(t *testing.T) {
	t.Parallel()
	o := longAgo(t)
	rows, err := o.raw.Query(t.Context(), "SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'")
	require.NoError(t, err)
	var names []string
	for rows.Next() {
		var name string
		require.NoError(t, rows.Scan(&name))
		names = append(names, name)
	}
	require.NoError(t, rows.Err())
	require.Len(t, names, 4*6, "two months of the past, three to come, and what lies in none")
	for _, name := range names {
		_, err := try(t, asTenant(t, o.bundle, o.tenant), "SELECT FROM "+name)
		require.Equal(t, forbidden, code(err), name)
		require.Equal(t, 1, o.count(t, "SELECT count(*) FROM pg_class WHERE relname = $1 AND relrowsecurity", name), name)
	}
}

func TestAnIDTellsItsMonthToTheMillisecond(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, at := range []time.Time{pastDay, time.UnixMilli(0), time.Date(2025, 4, 1, 0, 0, 0, -1e6, time.UTC)} {
		var first hook.ID
		require.NoError(t, b.raw.QueryRow(t.Context(), "SELECT first_id($1)", at).Scan(&first))
		require.Equal(t, at.UTC(), hook.IDTime(first))
		require.Equal(t, make([]byte, 10), first[6:])
	}
	_, err := b.DropMonth(t.Context(), "March", time.Hour, func(store.Dropped) {})
	require.ErrorContains(t, err, "is no month")
}
