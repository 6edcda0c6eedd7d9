-- name: InsertBatch :exec
INSERT INTO batches (id, tenant_id, endpoint_id, request, sha256, raw) VALUES ($1, $2, $3, $4, $5, $6);

-- name: Batch :one
SELECT * FROM batches WHERE id = $1;

-- name: BatchSize :one
SELECT COALESCE(length(raw), 0)::int FROM batches WHERE id = $1;

-- name: BatchPut :one
-- Who comes second found the same object, and may have had it locked for longer.
UPDATE batches SET version_id = COALESCE(version_id, sqlc.arg(version_id)::text),
    request_sha256 = COALESCE(request_sha256, sqlc.arg(request_sha256)::text),
    retain_until = GREATEST(retain_until, sqlc.arg(retain_until)::timestamptz), raw = NULL
WHERE id = sqlc.arg(id) RETURNING version_id, request_sha256, retain_until;

-- name: DropBatch :exec
DELETE FROM batches WHERE id = $1 AND version_id IS NULL;

-- name: PruneBatches :execrows
-- Those of which no message was committed. Where there are some they come soon
-- after it.
DELETE FROM batches WHERE id IN (
    SELECT b.id FROM batches b WHERE b.version_id IS NULL AND b.id < sqlc.arg(before)
        AND (SELECT m.id FROM messages m WHERE m.tenant_id = b.tenant_id AND m.id > b.id AND m.batch_id = b.id LIMIT 1) IS NULL
    ORDER BY b.id LIMIT sqlc.arg(max_rows) FOR UPDATE SKIP LOCKED);
