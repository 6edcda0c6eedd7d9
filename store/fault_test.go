package store_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/store"
)

func TestFaultsOfTheArchiveAreCountedUntilTheirMessagesAreArchived(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.addEndpoint(t, b.tenant)
	first, second, third := b.addMessage(t, e, "1"), b.addMessage(t, e, "2"), b.addMessage(t, e, "3")
	const away, refuses = "the object store cannot be reached", "the object store refuses: AccessDenied"
	for _, message := range []hook.ID{first.ID, first.ID, second.ID} {
		require.NoError(t, b.RecordArchiveFault(t.Context(), message, away))
	}
	require.NoError(t, b.RecordArchiveFault(t.Context(), first.ID, refuses), "the last one counts")
	require.NoError(t, b.RecordArchiveFault(t.Context(), hook.NewID(), away), "of no message")
	require.NoError(t, b.RecordArchiveFault(t.Context(), second.ID, away+strings.Repeat("x", 10_000)+"\x00"))

	faults, waiting, err := b.ArchiveFaults(t.Context(), b.tenant, 10)
	require.NoError(t, err)
	require.Len(t, faults, 2)
	for _, f := range faults {
		require.Equal(t, 1, f.Messages)
		require.LessOrEqual(t, len(f.Error), 500)
		require.WithinDuration(t, time.Now(), f.LastAt, time.Minute)
	}
	require.Len(t, waiting, 3)
	require.Equal(t, []hook.ID{first.ID, second.ID, third.ID}, []hook.ID{waiting[0].ID, waiting[1].ID, waiting[2].ID}, "the oldest first")
	require.Equal(t, refuses, waiting[0].Error)
	require.Equal(t, 3, waiting[0].Tries)
	require.Zero(t, waiting[2].Tries)
	require.Zero(t, waiting[2].LastAt)

	_, err = b.Archived(t.Context(), store.Sealing{Message: first, Content: []byte("{}")})
	require.NoError(t, err)
	require.NoError(t, b.RecordArchiveFault(t.Context(), first.ID, away), "a try that comes late")
	faults, waiting, err = b.ArchiveFaults(t.Context(), b.tenant, 10)
	require.NoError(t, err)
	require.Len(t, faults, 1)
	require.Len(t, waiting, 2)
	_, err = b.Prune(t.Context(), 100)
	require.NoError(t, err)
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM archive_faults"), "what is overcome is pruned")
	faults, waiting, err = b.ArchiveFaults(t.Context(), b.addTenant(t), 10)
	require.NoError(t, err)
	require.Empty(t, faults)
	require.Empty(t, waiting)
}

func TestAFloodOfFaultsIsNotRecordedWhole(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.addEndpoint(t, b.tenant)
	m := b.addMessage(t, e, "1")
	for n := range 1000 {
		require.NoError(t, b.RecordArchiveFault(t.Context(), m.ID, strconv.Itoa(n)))
	}
	_, waiting, err := b.ArchiveFaults(t.Context(), b.tenant, 10)
	require.NoError(t, err)
	require.GreaterOrEqual(t, waiting[0].Tries, 50)
	require.Less(t, waiting[0].Tries, 1000)
}
