-- The first four make one group of the ingest: see ingest.go. Every multi-row
-- statement is ordered by its key, or two replicas deadlock. Rows of tables that
-- are partitioned are found by joining ids, one by one, each in its own
-- partition: "id = ANY(…)" looks for all of them in all.

-- name: ClaimKeys :exec
INSERT INTO message_dedup (endpoint_id, key_hash, message_id, sha256, expires_at)
SELECT u.endpoint_id, u.key_hash, u.message_id, u.sha256, now() + make_interval(secs => u.seconds)
FROM (SELECT unnest(sqlc.arg(endpoint_ids)::uuid[]) AS endpoint_id, unnest(sqlc.arg(key_hashes)::bytea[]) AS key_hash,
    unnest(sqlc.arg(message_ids)::uuid[]) AS message_id, unnest(sqlc.arg(sha256s)::bytea[]) AS sha256,
    unnest(sqlc.arg(windows)::float8[]) AS seconds) u
ORDER BY u.endpoint_id, u.key_hash
ON CONFLICT (endpoint_id, key_hash) DO UPDATE
SET message_id = excluded.message_id, sha256 = excluded.sha256, expires_at = excluded.expires_at
WHERE message_dedup.expires_at <= now();

-- name: InsertMessages :exec
INSERT INTO messages (id, tenant_id, endpoint_id, external_id, occurred_at, size, sha256, batch_id, batch_offset)
SELECT u.id, u.tenant_id, u.endpoint_id, u.external_id, u.occurred_at, u.size, u.sha256,
    NULLIF(u.batch_id, '00000000-0000-0000-0000-000000000000'), u.batch_offset
FROM (SELECT unnest(sqlc.arg(ids)::uuid[]) AS id, unnest(sqlc.arg(tenant_ids)::uuid[]) AS tenant_id,
    unnest(sqlc.arg(endpoint_ids)::uuid[]) AS endpoint_id, unnest(sqlc.arg(external_ids)::text[]) AS external_id,
    unnest(sqlc.arg(key_hashes)::bytea[]) AS key_hash, unnest(sqlc.arg(occurred)::timestamptz[]) AS occurred_at,
    unnest(sqlc.arg(sizes)::int[]) AS size, unnest(sqlc.arg(sha256s)::bytea[]) AS sha256,
    unnest(sqlc.arg(batch_ids)::uuid[]) AS batch_id, unnest(sqlc.arg(batch_offsets)::int[]) AS batch_offset) u
JOIN message_dedup d ON d.endpoint_id = u.endpoint_id AND d.key_hash = u.key_hash AND d.message_id = u.id
ORDER BY u.id;

-- name: InsertBodies :exec
INSERT INTO message_bodies (message_id, tenant_id, request, raw)
SELECT u.id, u.tenant_id, u.request, u.raw
FROM (SELECT unnest(sqlc.arg(ids)::uuid[]) AS id, unnest(sqlc.arg(tenant_ids)::uuid[]) AS tenant_id,
    unnest(sqlc.arg(endpoint_ids)::uuid[]) AS endpoint_id, unnest(sqlc.arg(key_hashes)::bytea[]) AS key_hash,
    unnest(sqlc.arg(requests)::bytea[]) AS request, unnest(sqlc.arg(raws)::bytea[]) AS raw) u
JOIN message_dedup d ON d.endpoint_id = u.endpoint_id AND d.key_hash = u.key_hash AND d.message_id = u.id
ORDER BY u.id;

-- name: EnqueueMessages :exec
-- To be archived, and to be found.
WITH u AS MATERIALIZED (
    SELECT n.id, n.endpoint_id, n.shard
    FROM (SELECT unnest(sqlc.arg(ids)::uuid[]) AS id, unnest(sqlc.arg(endpoint_ids)::uuid[]) AS endpoint_id,
        unnest(sqlc.arg(key_hashes)::bytea[]) AS key_hash, unnest(sqlc.arg(shards)::smallint[]) AS shard) n
    JOIN message_dedup d ON d.endpoint_id = n.endpoint_id AND d.key_hash = n.key_hash AND d.message_id = n.id),
searched AS (INSERT INTO search_queue (message_id) SELECT u.id FROM u ORDER BY u.id)
INSERT INTO outbox (shard, kind, subject, ref, run)
SELECT u.shard, 'message', u.endpoint_id, u.id, 0 FROM u ORDER BY u.id;

-- name: FirstMessages :many
SELECT d.endpoint_id, d.key_hash, d.message_id, d.sha256
FROM (SELECT unnest(sqlc.arg(endpoint_ids)::uuid[]) AS endpoint_id, unnest(sqlc.arg(key_hashes)::bytea[]) AS key_hash) u
JOIN message_dedup d ON d.endpoint_id = u.endpoint_id AND d.key_hash = u.key_hash;

-- name: MarkConflicting :exec
UPDATE messages SET conflicting = true WHERE id = $1 AND NOT conflicting;

-- name: MessageToArchive :one
SELECT m.id, m.tenant_id, m.endpoint_id, m.external_id, m.number, m.status, m.run, m.sha256, m.size, m.segment_id, m.batch_id, m.batch_offset,
    t.version_id AS batch_version_id, t.request_sha256 AS batch_request_sha256, t.retain_until AS batch_retain_until, e.retention, e.archive_segments, b.request, b.raw
FROM messages m
JOIN endpoints e ON e.id = m.endpoint_id
LEFT JOIN message_bodies b ON b.message_id = m.id
LEFT JOIN batches t ON t.id = m.batch_id
WHERE m.id = $1;

-- name: MessageSize :one
SELECT size FROM messages WHERE id = $1;

-- name: SmallMessagesToArchive :many
-- Without those that are larger, or gone.
SELECT m.id, m.tenant_id, m.endpoint_id, m.external_id, m.number, m.status, m.run, m.sha256, m.size, m.segment_id, m.batch_id, m.batch_offset,
    t.version_id AS batch_version_id, t.request_sha256 AS batch_request_sha256, t.retain_until AS batch_retain_until, e.retention, e.archive_segments, b.request, b.raw
FROM (SELECT unnest(sqlc.arg(ids)::uuid[]) AS id) u
JOIN messages m ON m.id = u.id
JOIN endpoints e ON e.id = m.endpoint_id
LEFT JOIN message_bodies b ON b.message_id = m.id
LEFT JOIN batches t ON t.id = m.batch_id
WHERE m.size <= sqlc.arg(max_size)::int;

-- name: LockMessageNumbers :many
SELECT m.id, m.endpoint_id, m.number, m.segment_id FROM (SELECT unnest(sqlc.arg(ids)::uuid[]) AS id) u JOIN messages m ON m.id = u.id
ORDER BY m.id FOR UPDATE OF m;

-- name: SetMessageNumbers :exec
UPDATE messages m SET number = u.number, segment_id = sqlc.narg(segment_id)
FROM (SELECT unnest(sqlc.arg(ids)::uuid[]) AS id, unnest(sqlc.arg(numbers)::bigint[]) AS number) u
WHERE m.id = u.id;

-- name: SetArchived :many
-- Answers with those that were not archived before.
UPDATE messages m SET status = 'archived', due_at = NULL, payload = u.payload, object_key = u.object_key, version_id = u.version_id,
    record_offset = u.record_offset, record_length = u.record_length, retain_until = u.retain_until,
    dispatch = NULLIF(u.dispatch, '00000000-0000-0000-0000-000000000000'), archived_at = now()
FROM (SELECT l.id AS locked, n.* FROM (SELECT unnest(sqlc.arg(ids)::uuid[]) AS id, unnest(sqlc.arg(payloads)::bytea[]) AS payload,
        unnest(sqlc.arg(object_keys)::text[]) AS object_key, unnest(sqlc.arg(version_ids)::text[]) AS version_id,
        unnest(sqlc.arg(offsets)::bigint[]) AS record_offset, unnest(sqlc.arg(lengths)::bigint[]) AS record_length,
        unnest(sqlc.arg(retain)::timestamptz[]) AS retain_until, unnest(sqlc.arg(dispatches)::uuid[]) AS dispatch) n
    JOIN messages l ON l.id = n.id AND l.status = 'accepted' ORDER BY l.id FOR NO KEY UPDATE OF l) u
WHERE m.id = u.locked AND m.status = 'accepted'
RETURNING m.id;

-- name: DeleteBodies :exec
DELETE FROM message_bodies WHERE message_id = ANY(sqlc.arg(ids)::uuid[]);

-- name: Message :one
SELECT sqlc.embed(m), b.request, b.raw FROM messages m LEFT JOIN message_bodies b ON b.message_id = m.id
WHERE m.tenant_id = $1 AND m.id = $2;

-- name: MessageSizes :many
SELECT m.id, m.size FROM messages m
WHERE m.tenant_id = $1 AND m.id < sqlc.arg(before) AND m.id >= sqlc.arg(since)
    AND (sqlc.narg(status)::text IS NULL OR m.status = sqlc.narg(status))
ORDER BY m.id DESC LIMIT sqlc.arg(max_rows);

-- name: OpenMessageSizes :many
-- Of those that are not archived, by an index: they are few among many.
SELECT m.id, m.size FROM messages m
WHERE m.tenant_id = $1 AND m.id < sqlc.arg(before) AND m.id >= sqlc.arg(since) AND m.status = 'accepted'
    AND (sqlc.narg(endpoint_id)::uuid IS NULL OR m.endpoint_id = sqlc.narg(endpoint_id))
ORDER BY m.id DESC LIMIT sqlc.arg(max_rows);

-- name: EndpointMessageSizes :many
-- Of one endpoint, by an index: they may be few among many.
SELECT m.id, m.size FROM messages m
WHERE m.tenant_id = $1 AND m.id < sqlc.arg(before) AND m.id >= sqlc.arg(since) AND m.endpoint_id = sqlc.arg(endpoint_id)
    AND (sqlc.narg(status)::text IS NULL OR m.status = sqlc.narg(status))
ORDER BY m.id DESC LIMIT sqlc.arg(max_rows);

-- name: MessageSizesByID :many
SELECT m.id, m.size FROM messages m WHERE m.tenant_id = $1 AND m.id = ANY(sqlc.arg(ids)::uuid[]) AND m.id >= sqlc.arg(oldest) AND m.id <= sqlc.arg(newest)
    AND (sqlc.narg(status)::text IS NULL OR m.status = sqlc.narg(status))
ORDER BY m.id DESC;

-- name: UpsertAttachment :exec
INSERT INTO attachments (message_id, n, tenant_id, filename, content_type, url, size, sha256, object_key, version_id, failed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (message_id, n) DO NOTHING;

-- name: MessageAttachments :many
SELECT * FROM attachments WHERE message_id = $1 ORDER BY n;

-- name: AttachmentsOf :many
SELECT * FROM attachments WHERE tenant_id = $1 AND message_id = ANY(sqlc.arg(message_ids)::uuid[]) ORDER BY message_id, n;
