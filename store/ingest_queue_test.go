package store_test

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
)

// block keeps every group waiting until the returned function is called.
func block(t testing.TB, b *bundle) (release func()) {
	t.Helper()
	tx, err := b.raw.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), "LOCK TABLE message_dedup IN ACCESS EXCLUSIVE MODE")
	require.NoError(t, err)
	return func() { require.NoError(t, tx.Rollback(context.WithoutCancel(t.Context()))) }
}

func TestABadRowFailsAlone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.addEndpoint(t, b.tenant)
	ingest := newIngest(t, b)
	release := block(t, b) // so that the rest queues up behind and makes groups
	var messages []*hook.Message
	for i := range 200 {
		id := strconv.Itoa(i)
		if i%67 == 5 {
			id += "\x00" // text that PostgreSQL refuses
		}
		messages = append(messages, newMessage(e, id, "{}"))
	}
	time.AfterFunc(300*time.Millisecond, release)
	results, errs := accept(t, ingest, messages)
	for i := range messages {
		if i%67 == 5 {
			require.Equal(t, hook.CodeInvalid, hook.CodeOf(errs[i]))
			continue
		}
		require.NoError(t, errs[i])
		require.Equal(t, messages[i].ID, results[i].ID)
	}
	require.Equal(t, 197, b.count(t, "SELECT count(*) FROM messages"))
	require.Equal(t, 197, b.count(t, "SELECT count(*) FROM message_bodies"))
}

func TestACallerThatGoesAwayDoesNotCancelTheOthers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.addEndpoint(t, b.tenant)
	ingest := newIngest(t, b)
	release := block(t, b)
	ctx, leave := context.WithCancel(t.Context())
	var gone, stays sync.WaitGroup
	for i := range 100 {
		body := "{}"
		if i%50 < 2 {
			body = `"` + strings.Repeat("x", 300<<10) + `"`
		}
		m := newMessage(e, strconv.Itoa(i), body)
		if i%2 == 0 {
			gone.Go(func() {
				_, err := ingest.Accept(ctx, m, time.Hour)
				require.Equal(t, hook.CodeUnavailable, hook.CodeOf(err))
				require.ErrorIs(t, err, context.Canceled)
			})
			continue
		}
		stays.Go(func() {
			a, err := ingest.Accept(t.Context(), m, time.Hour)
			require.NoError(t, err)
			require.Equal(t, m.ID, a.ID)
		})
	}
	leave()
	gone.Wait()
	release()
	stays.Wait()
	require.GreaterOrEqual(t, b.count(t, "SELECT count(*) FROM messages"), 50)
}

func TestTheQueueIsBounded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.addEndpoint(t, b.tenant)
	ingest := newIngest(t, b)
	release := block(t, b)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	const offered, bound = 6000, 4096 + 2*256
	var all sync.WaitGroup
	for i := range offered {
		all.Go(func() {
			_, err := ingest.Accept(ctx, newMessage(e, strconv.Itoa(i), "{}"), time.Hour)
			require.Equal(t, hook.CodeUnavailable, hook.CodeOf(err))
		})
	}
	all.Wait()
	release()
	var stored int
	require.Eventually(t, func() bool { // until what was queued is committed
		before := stored
		stored = b.count(t, "SELECT count(*) FROM messages")
		return stored > 0 && stored == before
	}, 20*time.Second, 500*time.Millisecond)
	require.LessOrEqual(t, stored, bound)
}

func TestCloseCommitsWhatIsQueued(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.addEndpoint(t, b.tenant)
	ingest := b.NewIngest()
	var messages []*hook.Message
	for i := range 300 {
		messages = append(messages, newMessage(e, strconv.Itoa(i), "{}"))
	}
	_, errs := accept(t, ingest, messages)
	ingest.Close()
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.Equal(t, 300, b.count(t, "SELECT count(*) FROM messages"))
}

func TestADatabaseThatIsAwayCanBeRetried(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.addEndpoint(t, b.tenant)
	ingest := newIngest(t, b)
	b.exec(t, "ALTER TABLE messages RENAME TO away") // a fault of ours
	_, err := ingest.Accept(t.Context(), newMessage(e, "x", "{}"), time.Hour)
	require.Error(t, err)
	require.Empty(t, hook.CodeOf(err))
	b.exec(t, "ALTER TABLE away RENAME TO messages")
	release := block(t, b)
	defer release()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = ingest.Accept(ctx, newMessage(e, "x", "{}"), time.Hour)
	require.Equal(t, hook.CodeUnavailable, hook.CodeOf(err))
}
