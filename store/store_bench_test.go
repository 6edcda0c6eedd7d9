package store_test

import (
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"posthorn/hook"
	"posthorn/store"
)

// BenchmarkAccept measures messages made durable by 64 callers at once. The
// server of these tests does not sync: on a real one a group waits for fsync.
func BenchmarkAccept(b *testing.B) {
	s := setup(b)
	e := s.addEndpoint(b, s.tenant)
	ingest := s.NewIngest()
	defer ingest.Close()
	body := `{"body":"` + string(make([]byte, 1000)) + `"}`
	var n atomic.Int64
	b.SetParallelism(32)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_, err := ingest.Accept(b.Context(), newMessage(e, strconv.FormatInt(n.Add(1), 10), body), time.Hour)
			require.NoError(b, err)
		}
	})
}

// BenchmarkRecordAttempt measures first attempts that succeed, of one webhook.
func BenchmarkRecordAttempt(b *testing.B) {
	s := setup(b)
	w := s.addWebhook(b, s.tenant)
	ids := make([]hook.ID, b.N)
	for i := range ids {
		ids[i] = hook.NewID()
	}
	s.exec(b, `INSERT INTO deliveries (id, tenant_id, event_id, webhook_id, format)
		SELECT id, $2, gen_random_uuid(), $3, 'standard' FROM unnest($1::uuid[]) id`, ids, s.tenant, w.ID)
	var n atomic.Int64
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			d := hook.Delivery{ID: ids[n.Add(1)-1], TenantID: s.tenant, WebhookID: w.ID}
			require.NoError(b, s.succeed(b, d, 1, 0))
		}
	})
}

// BenchmarkArchived measures messages that are numbered and archived.
func BenchmarkArchived(b *testing.B) {
	s := setup(b)
	ids := make([]hook.ID, b.N)
	for i := range ids {
		ids[i] = hook.NewID()
	}
	s.exec(b, `INSERT INTO messages (id, tenant_id, endpoint_id, external_id, occurred_at, size, sha256)
		SELECT id, $2, gen_random_uuid(), '', now(), 0, '' FROM unnest($1::uuid[]) id`, ids, s.tenant)
	var n atomic.Int64
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			m := hook.Message{ID: ids[n.Add(1)-1], TenantID: s.tenant, RetainUntil: time.Now()}
			_, err := s.NumberMessages(b.Context(), m.ID)
			require.NoError(b, err)
			_, err = s.Archived(b.Context(), store.Sealing{Message: &m, Content: []byte(`{}`)})
			require.NoError(b, err)
		}
	})
}

// BenchmarkPublish measures events with two matching webhooks.
func BenchmarkPublish(b *testing.B) {
	s := setup(b)
	s.addWebhook(b, s.tenant)
	s.addWebhook(b, s.tenant)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_, _, err := s.Publish(b.Context(), hook.Event{
				ID: hook.NewID(), TenantID: s.tenant, Type: "a.b", Data: []byte(`{}`), OccurredAt: time.Now(),
			})
			require.NoError(b, err)
		}
	})
}

// BenchmarkJobs measures a page of the outbox with a long backlog behind it.
func BenchmarkJobs(b *testing.B) {
	s := setup(b)
	s.exec(b, `INSERT INTO outbox (shard, kind, ref, run) SELECT n % 16, 'delivery', gen_random_uuid(), 0 FROM generate_series(1, 200000) n`)
	for b.Loop() {
		require.Len(b, jobs(b, s, allShards(), 0, 500), 500)
	}
}
