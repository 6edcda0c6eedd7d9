-- name: PublishKey :exec
INSERT INTO public_keys (id, tenant_id, webhook_id, public_key, expires_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at;

-- name: WithdrawKeys :exec
DELETE FROM public_keys WHERE webhook_id = $1 AND id <> ALL(sqlc.arg(kept)::text[]);

-- name: PublicKeys :many
SELECT public_key, expires_at FROM public_keys
WHERE (sqlc.narg(webhook_id)::uuid IS NULL OR webhook_id = sqlc.narg(webhook_id))
    AND (expires_at IS NULL OR expires_at > now())
ORDER BY created_at DESC, id LIMIT sqlc.arg(max_rows);
