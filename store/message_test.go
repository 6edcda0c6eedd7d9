package store_test

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/store"
)

func TestAMessageIsArchivedAndPublishedOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.addWebhook(t, b.tenant)
	e := b.addEndpoint(t, b.tenant)
	m := b.addMessage(t, e, "x")
	m.Location = hook.Location{Object: hook.Object{Key: "key", VersionID: "v"}, Offset: 1, Length: 2}
	m.RetainUntil = time.Now().Add(time.Hour).Truncate(time.Second)
	attachment := store.Attached{N: 0, Attachment: hook.Attachment{Filename: "a\x00b", Size: 3, Object: hook.Object{Key: "a"}}}
	var all sync.WaitGroup
	firsts := make([]bool, 8)
	for i := range firsts {
		all.Go(func() {
			event := hook.Event{ID: hook.NewID(), TenantID: b.tenant, Type: "message.received", Data: []byte("{}"),
				OccurredAt: time.Now(), MessageID: m.ID, EndpointID: e.ID}
			first, err := b.Archived(t.Context(), store.Sealing{Message: m, Attachments: []store.Attached{attachment}, Content: []byte(`{"body":"x"}`), Events: []hook.Event{event}})
			require.NoError(t, err)
			firsts[i] = first
		})
	}
	all.Wait()
	n := 0
	for _, first := range firsts {
		if first {
			n++
		}
	}
	require.Equal(t, 1, n)
	for _, table := range []string{"events", "deliveries", "attachments"} {
		require.Equal(t, 1, b.count(t, "SELECT count(*) FROM "+table), table)
	}
	require.Zero(t, b.count(t, "SELECT count(*) FROM message_bodies"))
	require.Equal(t, 1, b.count(t, "SELECT count(*) FROM outbox WHERE kind = 'delivery'"))

	v, err := b.Message(t.Context(), b.tenant, m.ID)
	require.NoError(t, err)
	require.Equal(t, hook.MessageArchived, v.Status)
	require.Equal(t, m.Location, v.Location)
	require.WithinDuration(t, m.RetainUntil, v.RetainUntil, 0)
	require.Len(t, v.Attachments, 1)
	require.Equal(t, "a\uFFFDb", v.Attachments[0].Filename)
	events, err := b.Events(t.Context(), b.tenant, store.EventFilter{MessageID: m.ID}, store.Page{Limit: 10})
	require.NoError(t, err)
	require.Len(t, events, 1)
}

func TestTheFirstRecordOfAnAttachmentCounts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	m := b.addMessage(t, b.addEndpoint(t, b.tenant), "x")
	for _, key := range []string{"first", "second"} {
		require.NoError(t, b.SaveAttachment(t.Context(), m, store.Attached{N: 2, Attachment: hook.Attachment{Object: hook.Object{Key: key}}}))
	}
	_, attached, err := b.MessageToArchive(t.Context(), m.ID)
	require.NoError(t, err)
	require.Equal(t, []store.Attached{{N: 2, Attachment: hook.Attachment{Object: hook.Object{Key: "first"}}}}, attached)
}

func TestNumbersOfAnEndpointHaveNoHoles(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.addEndpoint(t, b.tenant)
	ingest := newIngest(t, b)
	var messages []*hook.Message
	for i := range 60 {
		messages = append(messages, newMessage(e, strconv.Itoa(i), "{}"))
	}
	_, errs := accept(t, ingest, messages)
	var all sync.WaitGroup
	numbers := make([]int64, 2*len(messages))
	for i := range numbers {
		require.NoError(t, errs[i%len(messages)])
		all.Go(func() { // each message twice, with one that others ask for too
			id, other := messages[i%len(messages)].ID, messages[(i+7)%len(messages)].ID
			given, err := b.NumberMessages(t.Context(), id, other)
			require.NoError(t, err)
			require.Len(t, given, 2)
			numbers[i] = given[id].Number
		})
	}
	all.Wait()
	seen := map[int64]hook.ID{}
	for i, n := range numbers {
		m := messages[i%len(messages)].ID
		if first, ok := seen[n]; ok {
			require.Equal(t, first, m, "number %d is given twice", n)
		}
		seen[n] = m
		require.LessOrEqual(t, n, int64(len(messages)))
		require.Positive(t, n)
	}
	require.Len(t, seen, len(messages))
	given, err := b.NumberMessages(t.Context(), hook.NewID())
	require.NoError(t, err)
	require.Empty(t, given)
	require.Equal(t, 61, b.count(t, "SELECT next FROM endpoint_numbers"), "a message that is not there takes no number")
}
