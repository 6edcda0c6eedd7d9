package store_test

import (
	"crypto/sha256"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

func newBatch(e hook.Endpoint, received time.Time) *hook.Batch {
	b := &hook.Batch{
		ID: hook.NewID(), TenantID: e.TenantID, EndpointID: e.ID, Raw: []byte("{}\n{}"), SHA256: sha256.Sum256([]byte("{}\n{}")),
		Request: hook.Request{Method: "POST", Target: "/in/batch", Header: [][2]string{{"A", "b"}}},
	}
	ms := received.UnixMilli()
	for i := 5; i >= 0; i-- {
		b.ID[i] = byte(ms)
		ms >>= 8
	}
	return b
}

func TestABatchIsRecordedOnceAndItsBodyGoes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.addEndpoint(t, b.tenant)
	batch := newBatch(e, time.Now())
	require.NoError(t, b.CreateBatch(t.Context(), batch))
	kept, err := b.Batch(t.Context(), batch.ID)
	require.NoError(t, err)
	require.Equal(t, *batch, kept)
	size, err := b.BatchSize(t.Context(), batch.ID)
	require.NoError(t, err)
	require.Equal(t, len(batch.Raw), size)

	m := newMessage(e, "1", "{}")
	m.Batch = hook.BatchLine{ID: batch.ID, Offset: 3, Length: 2}
	_, err = newIngest(t, b).Accept(t.Context(), m, time.Hour)
	require.NoError(t, err)
	stored, _, err := b.MessageToArchive(t.Context(), m.ID)
	require.NoError(t, err)
	require.Equal(t, m.Batch, stored.Batch)

	until := time.Now().Truncate(time.Second)
	kept.Record, kept.RetainUntil = hook.BatchRecord{VersionID: "v1", RequestSHA256: "a"}, until.Add(time.Hour)
	require.NoError(t, b.BatchPut(t.Context(), &kept))
	require.Nil(t, kept.Raw)
	second := hook.Batch{ID: batch.ID, Record: hook.BatchRecord{VersionID: "v2", RequestSHA256: "b"}, RetainUntil: until}
	require.NoError(t, b.BatchPut(t.Context(), &second))
	require.Equal(t, kept.Record, second.Record, "what was recorded first stays")
	require.WithinDuration(t, until.Add(time.Hour), second.RetainUntil, 0)
	require.NoError(t, b.DropBatch(t.Context(), batch.ID))
	stored, _, err = b.MessageToArchive(t.Context(), m.ID)
	require.NoError(t, err)
	require.Equal(t, kept.Record, stored.Batch.Record, "it is not dropped any more")
	require.WithinDuration(t, until.Add(time.Hour), stored.Batch.RetainUntil, 0)
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM batches WHERE raw IS NULL"))
}

func TestABatchWithoutMessagesIsPruned(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.addEndpoint(t, b.tenant)
	old, young, used, dropped := newBatch(e, time.Now().Add(-2*time.Hour)), newBatch(e, time.Now()), newBatch(e, time.Now().Add(-2*time.Hour)), newBatch(e, time.Now())
	for _, batch := range []*hook.Batch{old, young, used, dropped} {
		require.NoError(t, b.CreateBatch(t.Context(), batch))
	}
	m := newMessage(e, "1", "{}")
	m.Batch = hook.BatchLine{ID: used.ID, Length: 2}
	_, err := newIngest(t, b).Accept(t.Context(), m, time.Hour)
	require.NoError(t, err)
	require.NoError(t, b.DropBatch(t.Context(), dropped.ID))
	_, err = b.Prune(t.Context(), 100)
	require.NoError(t, err)
	for _, batch := range []*hook.Batch{young, used} {
		_, err = b.Batch(t.Context(), batch.ID)
		require.NoError(t, err)
	}
	for _, batch := range []*hook.Batch{old, dropped} {
		_, err = b.Batch(t.Context(), batch.ID)
		require.Equal(t, hook.CodeNotFound, hook.CodeOf(err))
	}
}
