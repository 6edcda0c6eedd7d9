package api_test

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"posthorn/devstack/postgres/pgtest"
)

// TestWhileTheDatabaseHangsClientsWaitAndAreThenSentAway: a lock stands for
// whatever makes PostgreSQL slow.
func TestWhileTheDatabaseHangsClientsWaitAndAreThenSentAway(t *testing.T) {
	t.Parallel()
	database := pgtest.Database(t)
	s := start(t, database)
	_, key := s.tenant(t)
	e := s.endpoint(t, key, object{"rate_limit": 1000})
	conn, err := pgx.Connect(t.Context(), database)
	require.NoError(t, err)
	defer conn.Close(context.WithoutCancel(t.Context()))
	hang := func(d time.Duration) {
		tx, err := conn.Begin(t.Context())
		require.NoError(t, err)
		_, err = tx.Exec(t.Context(), "LOCK TABLE message_dedup IN ACCESS EXCLUSIVE MODE")
		require.NoError(t, err)
		time.AfterFunc(d, func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) })
	}
	deliver := func() (statuses map[int]int) {
		statuses = map[int]int{}
		var mu sync.Mutex
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() {
				m := message(strconv.Itoa(i))
				g := s.deliver(t, e, m+strings.Repeat(" ", i%3*200<<10))
				if g.status == http.StatusServiceUnavailable {
					g.problem(t, http.StatusServiceUnavailable)
					require.NotEmpty(t, g.header.Get("Retry-After"))
				}
				mu.Lock()
				defer mu.Unlock()
				statuses[g.status]++
			})
		}
		all.Wait()
		return statuses
	}
	hang(2 * time.Second)
	require.Equal(t, map[int]int{200: 100}, deliver(), "for a while they wait")
	hang(patience)
	s.deliver(t, e, message("away")).problem(t, http.StatusServiceUnavailable)
}
