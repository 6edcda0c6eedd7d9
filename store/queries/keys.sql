-- name: InsertKey :one
INSERT INTO api_keys (id, tenant_id, name, role, prefix, hash) VALUES ($1, $2, $3, $4, $5, $6) RETURNING *;

-- name: KeyByHash :one
SELECT id, tenant_id, role FROM api_keys WHERE hash = $1;

-- name: Keys :many
SELECT * FROM api_keys WHERE tenant_id = $1 AND id < sqlc.arg(before) ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: DeleteKey :execrows
DELETE FROM api_keys WHERE tenant_id = $1 AND id = $2;
