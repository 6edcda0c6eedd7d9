-- name: NoSync :exec
-- What this transaction writes may be lost in a crash of the database.
SELECT set_config('synchronous_commit', 'off', true);

-- name: CountRefusals :exec
INSERT INTO refusal_counts AS c (endpoint_id, day, reason, tenant_id, status, count)
SELECT u.endpoint_id, current_date, u.reason, u.tenant_id, u.status, u.count
FROM (SELECT unnest(sqlc.arg(endpoint_ids)::uuid[]) AS endpoint_id, unnest(sqlc.arg(reasons)::text[]) AS reason, unnest(sqlc.arg(tenant_ids)::uuid[]) AS tenant_id,
    unnest(sqlc.arg(statuses)::int[]) AS status, unnest(sqlc.arg(counts)::bigint[]) AS count) u
ORDER BY u.endpoint_id, u.reason
ON CONFLICT (endpoint_id, day, reason) DO UPDATE SET count = c.count + excluded.count;

-- name: InsertRefusals :exec
INSERT INTO refusals (id, tenant_id, endpoint_id, remote, status, reason, detail, fields)
SELECT u.id, u.tenant_id, u.endpoint_id, u.remote, u.status, u.reason, u.detail, u.fields
FROM (SELECT unnest(sqlc.arg(ids)::uuid[]) AS id, unnest(sqlc.arg(tenant_ids)::uuid[]) AS tenant_id,
    unnest(sqlc.arg(endpoint_ids)::uuid[]) AS endpoint_id, unnest(sqlc.arg(remotes)::text[]) AS remote,
    unnest(sqlc.arg(statuses)::int[]) AS status, unnest(sqlc.arg(reasons)::text[]) AS reason,
    unnest(sqlc.arg(details)::text[]) AS detail, unnest(sqlc.arg(fields)::bytea[]) AS fields) u
ORDER BY u.id;

-- name: TrimRefusals :exec
-- Keeps the newest of each endpoint. What another replica trims just now is left to it.
DELETE FROM refusals WHERE id IN (
    SELECT r.id FROM (SELECT unnest(sqlc.arg(endpoint_ids)::uuid[]) AS endpoint_id) e
    JOIN refusals r ON r.endpoint_id = e.endpoint_id AND r.id <= (
        SELECT x.id FROM refusals x WHERE x.endpoint_id = e.endpoint_id ORDER BY x.id DESC OFFSET sqlc.arg(kept)::int LIMIT 1)
    FOR UPDATE OF r SKIP LOCKED);

-- name: Refusals :many
SELECT * FROM refusals
WHERE tenant_id = $1 AND endpoint_id = $2 AND id < sqlc.arg(before) AND id > sqlc.arg(since)
ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: RefusalCounts :many
SELECT reason, status, sum(count)::bigint AS count FROM refusal_counts
WHERE tenant_id = $1 AND endpoint_id = $2 AND day > current_date - sqlc.arg(days)::int
GROUP BY reason, status ORDER BY reason, status;
