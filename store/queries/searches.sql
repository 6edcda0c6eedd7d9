-- name: LockUser :one
-- Whoever saves two searches at once is counted one after the other.
SELECT id FROM users WHERE tenant_id = $1 AND id = $2 FOR UPDATE;

-- name: SaveSearch :one
-- No row where it would be one too many.
INSERT INTO saved_searches (id, tenant_id, user_id, name, query)
SELECT sqlc.arg(id), sqlc.arg(tenant_id), sqlc.arg(user_id), sqlc.arg(name), sqlc.arg(query)
WHERE (SELECT count(*) FROM saved_searches o WHERE o.tenant_id = sqlc.arg(tenant_id) AND o.user_id = sqlc.arg(user_id) AND o.name <> sqlc.arg(name)) < sqlc.arg(most)::int
ON CONFLICT (user_id, name) DO UPDATE SET query = EXCLUDED.query
RETURNING id;

-- name: SavedSearches :many
SELECT id, name, query FROM saved_searches WHERE tenant_id = $1 AND user_id = $2 ORDER BY lower(name), name;

-- name: DeleteSearch :execrows
DELETE FROM saved_searches WHERE tenant_id = $1 AND user_id = $2 AND id = $3;
