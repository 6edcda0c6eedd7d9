package api_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/activities"
	"posthorn/api"
	"posthorn/store"
)

// deliverWaiting sends a message and asks to wait.
func (s *service) deliverWaiting(t testing.TB, e endpoint, body, prefer string) got {
	t.Helper()
	return s.send(t, "POST", e.path, strings.NewReader(body), "Authorization", "Bearer "+e.secret, "Prefer", prefer)
}

// sealing archives every message of the service as a worker would, until the
// test's end.
func (s *service) sealing(t testing.TB) {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var done sync.WaitGroup
	t.Cleanup(func() { stop(); done.Wait() })
	worker := activities.Activities{Store: s.store, Archive: s.config.Archive}
	shards := make([]int16, store.Shards)
	for i := range shards {
		shards[i] = int16(i)
	}
	done.Go(func() {
		for ctx.Err() == nil {
			jobs, _ := s.store.Jobs(ctx, shards, 0, 1000)
			for _, j := range jobs {
				if j.Kind == store.KindMessage {
					_, _ = worker.Seal(ctx, j.Ref)
				}
			}
			if len(jobs) > 0 {
				_ = s.store.Started(ctx, jobs)
			}
			<-time.After(5 * time.Millisecond)
		}
	})
}

func TestWhoPrefersToWaitGetsAReceipt(t *testing.T) {
	t.Parallel()
	s := setup(t, inArchive(t))
	s.sealing(t)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{"retention": "24h"})
	check := func(g got, duplicate bool) {
		t.Helper()
		require.Equal(t, 200, g.status, g.raw)
		require.Equal(t, "wait=30", g.header.Get("Preference-Applied"))
		require.Equal(t, "archived", g.str("status"))
		require.Equal(t, duplicate, g.data()["duplicate"])
		receipt, _ := g.data()["receipt"].(map[string]any)
		shown := s.call(t, key, "GET", "/api/v1/messages/"+g.str("id"), nil).data()
		archived, _ := shown["archive"].(map[string]any)
		require.NotEmpty(t, archived["version_id"])
		archived["sha256"], archived["retain_until"] = g.str("sha256"), shown["retain_until"]
		require.Equal(t, archived, receipt)
	}
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			check(s.deliverWaiting(t, e, message("many "+string(rune('a'+i))), "respond-async, wait=30"), false)
		})
	}
	all.Wait()
	check(s.deliverWaiting(t, e, message("many a"), `wait="999999999999999999999"`), true)
	plain := s.deliver(t, e, message("many a"))
	require.Equal(t, "accepted", plain.str("status"), "who does not ask is told nothing of it")
	require.Nil(t, plain.data()["receipt"])
	require.Empty(t, plain.header.Get("Preference-Applied"))
}

func TestADuplicateWaitsForTheFirst(t *testing.T) {
	t.Parallel()
	s := setup(t, inArchive(t))
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{"retention": "24h"})
	first := s.deliver(t, e, message("1"))
	time.AfterFunc(200*time.Millisecond, func() { s.sealing(t) })
	g := s.deliverWaiting(t, e, message("1"), "wait=20")
	require.Equal(t, true, g.data()["duplicate"])
	require.Equal(t, first.str("id"), g.str("id"))
	require.Equal(t, "archived", g.str("status"))
}

func TestWaitingEnds(t *testing.T) {
	t.Parallel()
	stopping := make(chan struct{})
	s := setup(t, func(c *api.Config) { c.Stopping = stopping })
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{})
	began := time.Now()
	g := s.deliverWaiting(t, e, message("1"), "wait=1")
	require.GreaterOrEqual(t, time.Since(began), time.Second, "it waits as long as it was told")
	require.Equal(t, 200, g.status)
	require.Equal(t, "accepted", g.str("status"))
	require.Equal(t, "wait=1", g.header.Get("Preference-Applied"))

	ctx, leave := context.WithCancel(t.Context()) // a client that goes away
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+e.path, strings.NewReader(message("2")))
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+e.secret)
	request.Header.Set("Prefer", "wait=30")
	time.AfterFunc(300*time.Millisecond, leave)
	_, err = http.DefaultTransport.RoundTrip(request)
	require.ErrorIs(t, err, context.Canceled)

	time.AfterFunc(300*time.Millisecond, func() { close(stopping) })
	g = s.deliverWaiting(t, e, message("3"), "wait=30")
	require.Equal(t, "accepted", g.str("status"))
	require.Less(t, time.Since(began), 20*time.Second, "the server does not stay for it")
}

func TestWaitPreference(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"": 0, "wait=10": 10 * time.Second, "WAIT = 7": 7 * time.Second, `wait="5"`: 5 * time.Second, "wait=31": 30 * time.Second,
		"return=minimal; x=wait=3, wait=4;why=not": 4 * time.Second, "wait=1, wait=9": time.Second, "a|wait=2": 2 * time.Second,
		"wait": 0, "wait=": 0, "wait=-1": 0, "wait=1.5": 0, "wait=x, wait=3": 0, "await=3": 0, "wait=0": 0,
		"wait=99999999999999999999999999": 30 * time.Second, `wait="`: 0,
	} {
		require.Equal(t, want, api.WaitPreference(strings.Split(text, "|")), text)
	}
}
