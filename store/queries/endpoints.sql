-- name: InsertEndpoint :one
INSERT INTO endpoints (id, tenant_id, name, token, auth, signature, secrets, enabled, rate_limit, burst, dedup_window, allowlist, retention,
    provider, public_url, mapping, archive_segments)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) RETURNING *;

-- name: EndpointByToken :one
SELECT * FROM endpoints WHERE token = $1 AND deleted_at IS NULL;

-- name: Endpoint :one
SELECT * FROM endpoints WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL;

-- name: LockEndpoint :one
SELECT * FROM endpoints WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL FOR UPDATE;

-- name: Endpoints :many
SELECT * FROM endpoints WHERE tenant_id = $1 AND deleted_at IS NULL AND id < sqlc.arg(before)
    AND (sqlc.narg(provider)::text IS NULL OR provider = sqlc.narg(provider))
ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: UpdateEndpoint :one
UPDATE endpoints SET name = $3, auth = $4, signature = $5, secrets = $6, enabled = $7, rate_limit = $8,
    burst = $9, dedup_window = $10, allowlist = $11, retention = $12, public_url = $13, mapping = $14, archive_segments = $15, updated_at = now()
WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL RETURNING *;

-- name: DeleteEndpoint :execrows
UPDATE endpoints SET deleted_at = now(), enabled = false WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL;

-- name: NextNumbers :many
-- Takes as many numbers of each endpoint as are wanted: the last of them are those
-- before next.
INSERT INTO endpoint_numbers (endpoint_id, next)
SELECT u.endpoint_id, u.wanted + 1
FROM (SELECT unnest(sqlc.arg(endpoint_ids)::uuid[]) AS endpoint_id, unnest(sqlc.arg(wanted)::bigint[]) AS wanted) u
ORDER BY u.endpoint_id
ON CONFLICT (endpoint_id) DO UPDATE SET next = endpoint_numbers.next + EXCLUDED.next - 1
RETURNING endpoint_id, next;
