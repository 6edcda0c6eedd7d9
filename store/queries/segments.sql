-- name: InsertSegment :exec
INSERT INTO segments (id, tenant_id, endpoint_id, messages) VALUES ($1, $2, $3, $4);

-- name: Segment :one
SELECT * FROM segments WHERE id = $1;

-- name: SegmentPut :one
-- Who comes second found the same object, and may have had it locked for longer.
UPDATE segments SET version_id = COALESCE(version_id, sqlc.arg(version_id)::text),
    lengths = CASE WHEN version_id IS NULL THEN sqlc.arg(lengths)::bigint[] ELSE lengths END,
    retain_until = GREATEST(retain_until, sqlc.arg(retain_until)::timestamptz)
WHERE id = sqlc.arg(id) RETURNING *;
