package limit_test

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/devstack/postgres/pgtest"
	"posthorn/hook"
	"posthorn/keyset"
	"posthorn/limit"
	"posthorn/store"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m, store.Migrate)) }

// replicas returns limiters over one database, as API replicas have them.
func replicas(t *testing.T, n int) []*limit.Limiter {
	t.Helper()
	data, err := keyset.Generate()
	require.NoError(t, err)
	keys, err := keyset.Load(string(data))
	require.NoError(t, err)
	url := pgtest.Database(t)
	list := make([]*limit.Limiter, n)
	for i := range list {
		s, err := store.Open(t.Context(), store.Config{URL: url, MaxConns: 4}, keys)
		require.NoError(t, err)
		list[i] = limit.New(s)
		t.Cleanup(func() { list[i].Close(); s.Close() })
	}
	return list
}

func endpoint(rate, burst int) *hook.Endpoint {
	return &hook.Endpoint{ID: hook.NewID(), RateLimit: rate, Burst: burst}
}

func admit(t *testing.T, l *limit.Limiter, e *hook.Endpoint) limit.Decision {
	t.Helper()
	d, err := l.Admit(t.Context(), e)
	require.NoError(t, err)
	return d
}

// A burst is absorbed whole, whichever replicas it reaches.
func TestBurstIsAbsorbed(t *testing.T) {
	t.Parallel()
	list := replicas(t, 2)
	for _, burst := range []int{1, 3, 10, 100, 1000} {
		e := endpoint(1, burst)
		for i := range burst {
			require.True(t, admit(t, list[i%2], e).Admitted, "request %d of a burst of %d", i+1, burst)
		}
	}
}

// What is admitted over a time stays within a tenth of burst + rate × time,
// while callers at two replicas do not heed refusals.
func TestTwoReplicasAdmitOneRate(t *testing.T) {
	t.Parallel()
	list := replicas(t, 2)
	for _, c := range []struct{ rate, burst int }{{1, 3}, {5, 5}, {100, 100}, {400, 1000}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			t.Parallel()
			e := endpoint(c.rate, c.burst)
			began := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			var admitted atomic.Int64
			var callers sync.WaitGroup
			for i := range 8 {
				callers.Go(func() {
					for ctx.Err() == nil {
						d, err := list[i%2].Admit(ctx, e)
						if err == nil && d.Admitted {
							admitted.Add(1)
						} else if err == nil {
							wait(ctx, min(d.RetryAfter, time.Millisecond))
						}
					}
				})
			}
			callers.Wait()
			fair := float64(c.burst) + float64(c.rate)*time.Since(began).Seconds()
			require.InDelta(t, fair, float64(admitted.Load()), max(0.1*fair, 1.5), "rate %d, burst %d", c.rate, c.burst)
		})
	}
}

// One client that heeds RetryAfter succeeds.
func TestRetryAfterSucceeds(t *testing.T) {
	t.Parallel()
	l := replicas(t, 1)[0]
	for _, c := range []struct{ rate, burst int }{{1, 1}, {3, 2}, {50, 10}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			t.Parallel()
			e := endpoint(c.rate, c.burst)
			for range 3 {
				d := admit(t, l, e)
				for d.Admitted {
					d = admit(t, l, e)
				}
				require.Positive(t, d.RetryAfter)
				require.LessOrEqual(t, d.RetryAfter, 2*time.Second)
				wait(t.Context(), d.RetryAfter)
				require.True(t, admit(t, l, e).Admitted)
			}
		})
	}
}

// Refused clients are not all sent back to the same moment.
func TestRefusalsAreSpread(t *testing.T) {
	t.Parallel()
	l := replicas(t, 1)[0]
	e := endpoint(1, 1)
	require.True(t, admit(t, l, e).Admitted)
	var last time.Duration
	for range 5 {
		d := admit(t, l, e)
		require.False(t, d.Admitted)
		require.Greater(t, d.RetryAfter, last)
		last = d.RetryAfter
	}
	require.InDelta(t, 5, last.Seconds(), 0.5)
}

// What a replica claimed is debited: its death gives nobody more than is due.
func TestDeadReplicaLeavesNoHole(t *testing.T) {
	t.Parallel()
	list := replicas(t, 2)
	e := endpoint(1, 1000)
	for range 500 {
		require.True(t, admit(t, list[0], e).Admitted)
	}
	list[0].Close()
	admitted := 0
	for admit(t, list[1], e).Admitted {
		admitted++
	}
	require.InDelta(t, 500, admitted, 100)
	require.GreaterOrEqual(t, admitted, 500)
}

// New settings hold for the next request.
func TestSettingsChange(t *testing.T) {
	t.Parallel()
	l := replicas(t, 1)[0]
	e := endpoint(1, 1)
	require.True(t, admit(t, l, e).Admitted)
	require.False(t, admit(t, l, e).Admitted)
	wider := *e
	wider.RateLimit, wider.Burst = 1000, 1000
	require.True(t, admit(t, l, &wider).Admitted)
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func BenchmarkAdmit(b *testing.B) {
	data, err := keyset.Generate()
	require.NoError(b, err)
	keys, err := keyset.Load(string(data))
	require.NoError(b, err)
	s, err := store.Open(b.Context(), store.Config{URL: pgtest.Database(b)}, keys)
	require.NoError(b, err)
	defer s.Close()
	l := limit.New(s)
	defer l.Close()
	e := endpoint(1_000_000, 10_000_000)
	b.SetParallelism(32)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := l.Admit(b.Context(), e); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
