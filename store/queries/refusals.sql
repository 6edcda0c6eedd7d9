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
INSERT INTO refusals (id, tenant_id, endpoint_id, remote, status, reason, detail, fields, explanation, kind, size, kept)
SELECT u.id, u.tenant_id, u.endpoint_id, u.remote, u.status, u.reason, u.detail, u.fields, u.explanation, u.kind, u.size, u.kept
FROM (SELECT unnest(sqlc.arg(ids)::uuid[]) AS id, unnest(sqlc.arg(tenant_ids)::uuid[]) AS tenant_id,
    unnest(sqlc.arg(endpoint_ids)::uuid[]) AS endpoint_id, unnest(sqlc.arg(remotes)::text[]) AS remote,
    unnest(sqlc.arg(statuses)::int[]) AS status, unnest(sqlc.arg(reasons)::text[]) AS reason,
    unnest(sqlc.arg(details)::text[]) AS detail, unnest(sqlc.arg(fields)::bytea[]) AS fields,
    unnest(sqlc.arg(explanations)::bytea[]) AS explanation,
    unnest(sqlc.arg(kinds)::text[]) AS kind, unnest(sqlc.arg(sizes)::int[]) AS size, unnest(sqlc.arg(kept)::bytea[]) AS kept) u
ORDER BY u.id;

-- name: TrimRefusals :exec
-- Keeps the newest of each endpoint and kind, as many rows and bytes as the
-- kind may have. What another replica trims just now is left to it.
DELETE FROM refusals WHERE id IN (
    SELECT r.id FROM refusals r WHERE r.id IN (
        SELECT n.id FROM (
            SELECT x.id, x.kind, row_number() OVER newest AS place,
                sum(CASE WHEN x.readmitted_at IS NULL THEN x.size ELSE 0 END) OVER newest AS bytes
            FROM refusals x WHERE x.endpoint_id = ANY(sqlc.arg(endpoint_ids)::uuid[])
            WINDOW newest AS (PARTITION BY x.endpoint_id, x.kind ORDER BY x.id DESC)) n
        JOIN (SELECT unnest(sqlc.arg(kinds)::text[]) AS kind, unnest(sqlc.arg(max_rows)::int[]) AS max_rows,
            unnest(sqlc.arg(max_bytes)::int[]) AS max_bytes) l ON l.kind = n.kind
        WHERE n.place > l.max_rows OR n.bytes > l.max_bytes)
    FOR UPDATE SKIP LOCKED);

-- name: Refusals :many
SELECT id, tenant_id, endpoint_id, remote, status, reason, detail, fields, explanation, kind, size, readmitted_at, message_id FROM refusals
WHERE tenant_id = $1 AND endpoint_id = $2 AND id < sqlc.arg(before) AND id > sqlc.arg(since)
ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: Refusal :one
SELECT * FROM refusals WHERE tenant_id = $1 AND endpoint_id = $2 AND id = $3 AND id > sqlc.arg(since);

-- name: LockRefusal :one
SELECT * FROM refusals WHERE tenant_id = $1 AND endpoint_id = $2 AND id = $3 AND id > sqlc.arg(since) FOR UPDATE;

-- name: ReadmittableRefusals :many
-- The oldest first: they become messages in the order in which they came.
SELECT id FROM refusals
WHERE tenant_id = $1 AND endpoint_id = $2 AND id > sqlc.arg(since) AND kind <> '' AND readmitted_at IS NULL
ORDER BY id;

-- name: SetReadmitted :exec
-- The message has the body now.
UPDATE refusals SET readmitted_at = now(), message_id = $2, kept = NULL WHERE id = $1;

-- name: RefusalCounts :many
SELECT reason, status, sum(count)::bigint AS count FROM refusal_counts
WHERE tenant_id = $1 AND endpoint_id = $2 AND day > current_date - sqlc.arg(days)::int
GROUP BY reason, status ORDER BY reason, status;
