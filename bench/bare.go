package main

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/jackc/pgx/v5"

	"posthorn/hook"
)

// writer is a bare connection to PostgreSQL that makes, for each message, the
// writes of an acceptance in one transaction and one round trip.
type writer struct {
	connection       *pgx.Conn
	tenant, endpoint string
	body             []byte
}

func newWriter(ctx context.Context, p *product, endpoint string, size int) (*writer, error) {
	connection, err := pgx.Connect(ctx, p.config.DatabaseURL)
	if err != nil {
		return nil, err
	}
	return &writer{connection: connection, tenant: p.tenant.ID, endpoint: endpoint, body: []byte(message("", size, none))}, nil
}

func (w *writer) close() { _ = w.connection.Close(context.Background()) }

func (w *writer) write(ctx context.Context) error {
	id := hook.NewID()
	hash := sha256.Sum256(id[:])
	var batch pgx.Batch
	batch.Queue(`INSERT INTO message_dedup (endpoint_id, key_hash, message_id, sha256, expires_at) VALUES ($1, $2, $3, $4, now() + interval '7 days')`,
		w.endpoint, hash[:], id, hash[:])
	batch.Queue(`INSERT INTO messages (id, tenant_id, endpoint_id, external_id, occurred_at, size, sha256) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		id, w.tenant, w.endpoint, id.String(), time.Now(), len(w.body), hash[:])
	batch.Queue(`INSERT INTO message_bodies (message_id, tenant_id, request, raw) VALUES ($1, $2, $3, $4)`, id, w.tenant, []byte("{}"), w.body)
	batch.Queue(`INSERT INTO outbox (shard, kind, ref, run) VALUES ($1, 'message', $2, 0)`, int16(id[15]%16), id)
	return w.connection.SendBatch(ctx, &batch).Close() // one implicit transaction
}
