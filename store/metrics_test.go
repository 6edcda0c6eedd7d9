package store_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/devstack/postgres/pgtest"
	"posthorn/hook"
	"posthorn/metrics"
	"posthorn/store"
)

func TestTheStoreMeasuresWhatItRecords(t *testing.T) {
	t.Parallel()
	url, m := pgtest.Database(t), metrics.New()
	b := open(t, url, keys(t, newKeyset(t)))
	measured, err := store.Open(t.Context(), store.Config{URL: url, Metrics: m}, keys(t, newKeyset(t)))
	require.NoError(t, err)
	defer measured.Close()
	b.Store = measured

	e := b.addEndpoint(t, b.tenant)
	message := b.addMessage(t, e, "1")
	b.addMessage(t, e, "1")
	stored := store.Attached{N: 0, Attachment: hook.Attachment{Object: hook.Object{Key: "k"}}}
	require.NoError(t, b.SaveAttachment(t.Context(), message, stored))
	require.NoError(t, b.SaveAttachment(t.Context(), message, store.Attached{N: 1, Attachment: hook.Attachment{Failed: "gone"}}))
	for range 2 { // the second changes nothing
		_, err = b.Archived(t.Context(), store.Sealing{Message: message, Content: []byte("{}")})
		require.NoError(t, err)
	}
	b.addWebhook(t, b.tenant)
	delivery := b.publish(t, b.tenant)[0]
	for range 2 {
		require.NoError(t, b.fail(t, delivery, 1, 0))
	}
	require.NoError(t, b.succeed(t, delivery, 2, 0))

	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, line := range []string{
		`posthorn_messages_total{result="accepted"} 1`,
		`posthorn_messages_total{result="duplicate"} 1`,
		`posthorn_ingest_group_messages_count 2`,
		`posthorn_archive_records_total 1`,
		`posthorn_archive_fetches_total{result="stored"} 1`,
		`posthorn_archive_fetches_total{result="failed"} 1`,
		`posthorn_delivery_attempt_duration_seconds_count{outcome="http_status"} 1`,
		`posthorn_delivery_attempt_duration_seconds_count{outcome="delivered"} 1`,
		`posthorn_outbox_rows 2`,
		`posthorn_ledger_messages{state="archived"} 1`,
		`posthorn_ledger_deliveries{state="delivered"} 1`,
		`posthorn_postgres_pool_max_connections 16`,
	} {
		require.Contains(t, w.Body.String(), line+"\n")
	}
}

func TestTheBacklogIsWhatWaits(t *testing.T) {
	t.Parallel()
	b := setup(t)
	backlog, err := b.Backlog(t.Context())
	require.NoError(t, err)
	require.Zero(t, backlog)

	e := b.addEndpoint(t, b.tenant)
	b.addMessage(t, e, "1")
	b.addWebhook(t, b.tenant)
	b.publish(t, b.tenant)
	require.Eventually(t, func() bool {
		backlog, err = b.Backlog(t.Context())
		return err == nil && backlog.OutboxAge > 5*time.Millisecond && backlog.IndexLag > 5*time.Millisecond
	}, 10*time.Second, time.Millisecond)
	require.Equal(t, 2, backlog.OutboxRows)

	b.exec(t, "UPDATE outbox SET run = 1")
	backlog, err = b.Backlog(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, backlog.OutboxRows)
	require.Zero(t, backlog.OutboxAge, "what is resumed is older than its row")
}
