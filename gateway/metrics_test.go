package gateway_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"posthorn/devstack/postgres/pgtest"
	"posthorn/gateway"
)

// page reads /metrics.
func (r running) page(t *testing.T) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+"/metrics", http.NoBody)
	require.NoError(t, err)
	response, err := http.DefaultTransport.RoundTrip(request)
	require.NoError(t, err)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(raw)
}

func TestEveryRoleServesMetricsUnlessTheyAreOff(t *testing.T) {
	t.Parallel()
	database := pgtest.Database(t)
	for name, as := range map[string]role{"api": gateway.API, "worker": gateway.Worker, "serve": serve} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config(t, database)
			status, page := run(t, as, c).page(t)
			require.Equal(t, 200, status)
			for _, metric := range []string{"posthorn_outbox_rows 0", "posthorn_search_index_lag_seconds 0", "posthorn_postgres_pool_max_connections 16", "go_goroutines", "process_open_fds"} {
				require.Contains(t, page, metric)
			}
			c.MetricsOff = true
			status, _ = run(t, as, c).page(t)
			require.Equal(t, 404, status)
		})
	}
}
