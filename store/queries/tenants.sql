-- name: InsertTenant :one
INSERT INTO tenants (id, name) VALUES ($1, $2) RETURNING *;

-- name: Tenants :many
SELECT * FROM tenants WHERE id < sqlc.arg(before) ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: Tenant :one
SELECT * FROM tenants WHERE id = $1;

-- name: LockTenant :one
SELECT * FROM tenants WHERE id = $1 FOR UPDATE;

-- name: TenantByName :one
SELECT * FROM tenants WHERE name = $1 ORDER BY id LIMIT 1;

-- name: UpdateTenant :one
UPDATE tenants SET name = $2, notify_emails = $3 WHERE id = $1 RETURNING *;
