package metrics_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/metrics"
)

func TestQuantilesLieWhereTheRequestsDo(t *testing.T) {
	t.Parallel()
	m := metrics.New()
	require.Nil(t, m.Quantiles("/in", .5))
	for range 98 {
		m.Request("/in", http.MethodPost, 200, 4*time.Millisecond)
	}
	m.Request("/in", http.MethodPost, 200, 400*time.Millisecond)
	m.Request("/in", http.MethodPost, 200, time.Minute)
	m.Request("/in", http.MethodPost, 500, time.Minute)
	m.Request("/other", http.MethodPost, 200, time.Minute)
	got := m.Quantiles("/in", .5, .99, 1)
	require.InDelta(t, 4, got[0].Milliseconds(), 1.5, "within the bucket from 2.5 to 5 ms")
	require.InDelta(t, 375, got[1].Milliseconds(), 126, "within the bucket from 250 to 500 ms")
	require.Equal(t, 30*time.Second, got[2], "beyond the last bucket its bound is known alone")
}
