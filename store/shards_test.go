package store_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/store"
)

func allShards() (all []int16) {
	for s := range int16(store.Shards) {
		all = append(all, s)
	}
	return all
}

func own(t testing.TB, b *bundle) *store.Ownership {
	t.Helper()
	o, err := b.Own(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { o.Close(context.WithoutCancel(t.Context())) })
	return o
}

func shards(t testing.TB, o *store.Ownership) []int16 {
	t.Helper()
	list, err := o.Shards(t.Context(), nil)
	require.NoError(t, err)
	return list
}

// together checks that no shard has two owners and returns what all own.
func together(t testing.TB, lists ...[]int16) []int16 {
	t.Helper()
	all := slices.Sorted(slices.Values(slices.Concat(lists...)))
	require.Equal(t, slices.Compact(slices.Clone(all)), all, "a shard with two owners")
	return all
}

func TestOwnersShareTheShards(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first := own(t, b)
	require.Equal(t, allShards(), shards(t, first), "who is alone owns all")
	require.Equal(t, allShards(), shards(t, first))

	second := own(t, b)
	require.Empty(t, shards(t, second), "nothing is free yet")
	require.Len(t, shards(t, first), 8, "the first gives half of it back")
	require.Len(t, shards(t, second), 8)
	require.Equal(t, allShards(), together(t, shards(t, first), shards(t, second)))

	third := own(t, b)
	owners := []*store.Ownership{first, second, third}
	var lists [][]int16
	for range 3 {
		lists = nil
		for _, o := range owners {
			lists = append(lists, shards(t, o))
			together(t, lists...)
		}
	}
	require.Equal(t, allShards(), together(t, lists...))
	for _, list := range lists {
		require.InDelta(t, 5, len(list), 1)
	}
}

func TestTheShardsOfADeadOwnerAreTakenOver(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first, second := own(t, b), own(t, b)
	require.Len(t, together(t, shards(t, first), shards(t, second)), store.Shards)

	// kill -9 of the owner: the server sees the connection end.
	require.Equal(t, 1, b.exec(t, `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
		WHERE application_name = 'posthorn shards' AND datname = current_database() ORDER BY backend_start LIMIT 1`))
	require.Error(t, first.Wait(t.Context()), "the owner learns that it is none")
	_, err := first.Shards(t.Context(), nil)
	require.Equal(t, hook.CodeUnavailable, hook.CodeOf(err))
	require.Equal(t, allShards(), shards(t, second))

	second.Close(t.Context())
	third := own(t, b)
	require.Eventually(t, func() bool { return len(shards(t, third)) == store.Shards }, 5*time.Second, 10*time.Millisecond)
}

func TestTheBellWakesOwners(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.addEndpoint(t, b.tenant)
	b.addWebhook(t, b.tenant)
	o := own(t, b)
	for name, ring := range map[string]func(){
		"a message": func() { b.addMessage(t, e, "x") },
		"an event":  func() { b.publish(t, b.tenant) },
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		ring()
		require.NoError(t, o.Wait(ctx))
		require.NoError(t, ctx.Err(), "%s did not ring", name)
		cancel()
	}
}

func TestWaitEndsWithItsContextAndKeepsTheSession(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := own(t, b)
	mine := shards(t, o)
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		require.NoError(t, o.Wait(ctx))
		cancel()
	}
	require.Equal(t, mine, shards(t, o))
}

func TestShardsAreEven(t *testing.T) {
	t.Parallel()
	seen := map[int16]int{}
	for range 10_000 {
		id := hook.NewID()
		seen[store.Shard(id)]++
	}
	require.Len(t, seen, store.Shards)
	for shard, n := range seen {
		require.Contains(t, allShards(), shard)
		require.InDelta(t, 10_000/store.Shards, n, 200, "shards are even")
	}
}
