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

func segmentOf(e hook.Endpoint) *store.Segment {
	return &store.Segment{ID: hook.NewID(), TenantID: e.TenantID, EndpointID: e.ID}
}

// A message is in one segment, or in an object of its own, whoever asks at the
// same time.
func TestAMessageHasOneSegmentAtMost(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.addEndpoint(t, b.tenant)
	var messages []*hook.Message
	for i := range 60 {
		messages = append(messages, newMessage(e, strconv.Itoa(i), "{}"))
	}
	_, errs := accept(t, newIngest(t, b), messages)
	for _, err := range errs {
		require.NoError(t, err)
	}
	var mu sync.Mutex
	where := map[hook.ID]store.Numbered{}
	saw := func(numbers map[hook.ID]store.Numbered) {
		mu.Lock()
		defer mu.Unlock()
		for id, n := range numbers {
			if before, ok := where[id]; ok {
				require.Equal(t, before, n)
			}
			where[id] = n
		}
	}
	segments := make([]*store.Segment, 12)
	var all sync.WaitGroup
	for i := range segments {
		all.Go(func() {
			ids := []hook.ID{messages[(i*5+11)%60].ID, hook.NewID()} // with one that is not there
			for n := range 10 {
				ids = append(ids, messages[(i*5+n)%60].ID) // half of them others ask for too
			}
			segments[i] = segmentOf(e)
			numbers, err := b.AssignSegment(t.Context(), segments[i], ids)
			require.NoError(t, err)
			saw(numbers)
		})
		all.Go(func() {
			numbers, err := b.NumberMessages(t.Context(), messages[i*5].ID)
			require.NoError(t, err)
			saw(numbers)
		})
	}
	all.Wait()
	require.Len(t, where, 60)
	seen := map[int64]bool{}
	for _, n := range where {
		seen[n.Number] = true
	}
	require.Len(t, seen, 60)
	require.True(t, seen[1] && seen[60], "the numbers have no holes")
	assigned := 0
	for _, s := range segments {
		if len(s.Messages) == 0 {
			_, err := b.Segment(t.Context(), s.ID)
			require.Equal(t, hook.CodeNotFound, hook.CodeOf(err), "one without messages is not kept")
			continue
		}
		kept, err := b.Segment(t.Context(), s.ID)
		require.NoError(t, err)
		require.Equal(t, s.Messages, kept.Messages)
		for i, id := range s.Messages {
			require.Equal(t, s.ID, where[id].Segment)
			require.True(t, i == 0 || where[s.Messages[i-1]].Number < where[id].Number, "in the order of their numbers")
			m, _, err := b.MessageToArchive(t.Context(), id)
			require.NoError(t, err)
			require.Equal(t, store.Numbered{Number: m.Number, Segment: m.Segment}, where[id])
		}
		assigned += len(s.Messages)
	}
	own := 0
	for _, n := range where {
		if n.Segment == (hook.ID{}) {
			own++
		}
	}
	require.Equal(t, 60, assigned+own)
}

func TestWhereASegmentLiesIsRecordedOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.addEndpoint(t, b.tenant)
	s := segmentOf(e)
	_, err := b.AssignSegment(t.Context(), s, []hook.ID{b.addMessage(t, e, "1").ID, b.addMessage(t, e, "2").ID})
	require.NoError(t, err)
	until := time.Now().Truncate(time.Second)
	put := *s
	put.VersionID, put.Lengths, put.RetainUntil = "v1", []int64{3, 4}, until.Add(time.Hour)
	first, err := b.SegmentPut(t.Context(), put)
	require.NoError(t, err)
	require.WithinDuration(t, put.RetainUntil, first.RetainUntil, 0)
	require.Equal(t, []any{"v1", []int64{3, 4}, s.Messages}, []any{first.VersionID, first.Lengths, first.Messages})

	put.VersionID, put.Lengths, put.RetainUntil = "v2", []int64{5, 6}, until
	then, err := b.SegmentPut(t.Context(), put)
	require.NoError(t, err)
	require.Equal(t, first, then)
	kept, err := b.Segment(t.Context(), s.ID)
	require.NoError(t, err)
	require.Equal(t, first, kept)
	put.ID = hook.NewID()
	_, err = b.SegmentPut(t.Context(), put)
	require.Equal(t, hook.CodeNotFound, hook.CodeOf(err))
}

func TestMessagesAreMarkedTogether(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.addEndpoint(t, b.tenant)
	var list []store.Sealing
	for i := range 5 {
		m := b.addMessage(t, e, strconv.Itoa(i))
		m.RetainUntil = time.Now()
		event := hook.Event{ID: hook.NewID(), TenantID: b.tenant, Type: "a.b", Data: []byte("{}"), OccurredAt: time.Now(), MessageID: m.ID}
		list = append(list, store.Sealing{Message: m, Content: []byte("{}"), Events: []hook.Event{event}})
	}
	good := list[0]
	wrong := *good.Message
	wrong.Location.Key = "\x00" // which no text can hold
	list[0].Message = &wrong
	require.Error(t, b.ArchivedTogether(t.Context(), list))
	require.Equal(t, 4, b.count(t, "SELECT count(*) FROM messages WHERE status = 'archived'"), "the others are marked")
	list[0] = good
	require.NoError(t, b.ArchivedTogether(t.Context(), list))
	require.Equal(t, 5, b.count(t, "SELECT count(*) FROM messages WHERE status = 'archived'"))
	require.Equal(t, 5, b.count(t, "SELECT count(*) FROM events"), "each is published once")
	require.Zero(t, b.count(t, "SELECT count(*) FROM message_bodies"))
}
