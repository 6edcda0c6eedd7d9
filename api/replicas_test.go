package api_test

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOneExternalIDOverTwoReplicasIsOneMessage(t *testing.T) {
	t.Parallel()
	one := setup(t)
	two := one.twin()
	_, key := one.tenant(t)
	e, windowed := one.endpoint(t, key, object{}), one.endpoint(t, key, object{"dedup_window": "1s"})
	answers := make([]got, 64)
	var all sync.WaitGroup
	for i := range answers {
		replica := []*service{one, two}[i%2]
		all.Go(func() {
			if i%4 < 2 {
				answers[i] = replica.deliver(t, e, message("the same"))
				return
			}
			_, results := replica.batch(t, e, message("another "+strconv.Itoa(i))+"\n"+message("the same"))
			answers[i] = results[1]
		})
	}
	all.Wait()
	fresh := 0
	for _, g := range answers {
		require.Equal(t, 200, g.status, g.raw)
		require.Equal(t, answers[0].str("id"), g.str("id"))
		if g.data()["duplicate"] == false {
			fresh++
		}
	}
	require.Equal(t, 1, fresh)
	require.Len(t, one.call(t, key, "GET", "/api/v1/messages?limit=100", nil).list(), 33)

	// The window is an endpoint's own. A key that is pruned ends with it as well.
	first := one.deliver(t, windowed, message("the same"))
	require.Equal(t, true, two.deliver(t, windowed, message("the same")).data()["duplicate"])
	require.Eventually(t, func() bool {
		_, err := one.store.Prune(t.Context(), 100)
		require.NoError(t, err)
		g := two.deliver(t, windowed, message("the same"))
		return g.data()["duplicate"] == false && g.str("id") != first.str("id")
	}, patience, 100*time.Millisecond)
	require.Equal(t, true, two.deliver(t, e, message("the same")).data()["duplicate"])
}

func TestARevokedKeyEndsOnEveryReplica(t *testing.T) {
	t.Parallel()
	one := setup(t)
	two := one.twin()
	_, admin := one.tenant(t)
	made := one.create(t, admin, "/api/v1/keys", object{"name": "ci", "role": "producer"})
	secret := made.str("key")
	event := object{"type": "a", "data": 1}
	require.Equal(t, 201, two.call(t, secret, "POST", "/api/v1/events", event).status)
	require.Equal(t, 200, one.call(t, admin, "DELETE", "/api/v1/keys/"+made.str("id"), nil).status)
	one.call(t, secret, "POST", "/api/v1/events", event).problem(t, 401)
	require.Eventually(t, func() bool {
		return two.call(t, secret, "POST", "/api/v1/events", event).status == 401
	}, patience, 50*time.Millisecond)
}
