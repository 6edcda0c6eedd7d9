-- name: ClaimRequest :execrows
-- Waits for whoever claimed the same key and has not committed yet.
INSERT INTO idempotent_requests (tenant_id, key_hash, request, status, answer) VALUES ($1, $2, $3, 0, '')
ON CONFLICT (tenant_id, key_hash) DO UPDATE SET request = excluded.request, created_at = now()
WHERE idempotent_requests.created_at < now() - interval '24 hours';

-- name: KeepAnswer :exec
UPDATE idempotent_requests SET status = $3, answer = $4 WHERE tenant_id = $1 AND key_hash = $2;

-- name: KeptAnswer :one
SELECT request, status, answer FROM idempotent_requests WHERE tenant_id = $1 AND key_hash = $2;
