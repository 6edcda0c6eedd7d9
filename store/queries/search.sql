-- name: TakeUnindexed :many
WITH taken AS (
    DELETE FROM search_queue WHERE message_id IN (
        SELECT sized.message_id FROM (
            SELECT q.message_id, sum(m.size) OVER (ORDER BY q.message_id) - m.size AS before
            FROM (SELECT s.message_id FROM search_queue s ORDER BY s.message_id LIMIT sqlc.arg(max_rows) FOR UPDATE SKIP LOCKED) q
            JOIN messages m ON m.id = q.message_id) sized
        WHERE sized.before < sqlc.arg(max_bytes)::bigint)
    RETURNING message_id
)
SELECT m.id, m.tenant_id, m.endpoint_id, m.external_id, m.payload, b.request, b.raw,
    ARRAY(SELECT a.filename FROM attachments a WHERE a.message_id = m.id)::text[] AS filenames
FROM taken t JOIN messages m ON m.id = t.message_id LEFT JOIN message_bodies b ON b.message_id = m.id
ORDER BY m.id;

-- name: InsertTerms :exec
INSERT INTO message_search (message_id, tenant_id, terms)
SELECT u.id, u.tenant_id, array_to_tsvector(string_to_array(u.terms, sqlc.arg(separator)::text))
FROM (SELECT unnest(sqlc.arg(ids)::uuid[]) AS id, unnest(sqlc.arg(tenant_ids)::uuid[]) AS tenant_id,
    unnest(sqlc.arg(terms)::text[]) AS terms) u
ORDER BY u.id
ON CONFLICT (message_id) DO UPDATE SET terms = excluded.terms;

-- name: OldestUnindexed :one
SELECT message_id FROM search_queue ORDER BY message_id LIMIT 1;

-- name: SearchRecent :one
-- Looks at a tenant's newest messages one by one: what is frequent is found here.
WITH recent AS MATERIALIZED (
    SELECT s.message_id, s.terms FROM message_search s
    WHERE s.tenant_id = $1 AND s.message_id < sqlc.arg(before) AND s.message_id >= sqlc.arg(since)
    ORDER BY s.message_id DESC LIMIT sqlc.arg(walk)
)
SELECT ARRAY(SELECT r.message_id FROM recent r WHERE r.terms @@ sqlc.arg(query)::tsquery
        ORDER BY r.message_id DESC LIMIT sqlc.arg(max_rows))::uuid[] AS hits,
    (SELECT count(*) FROM recent) AS walked,
    (SELECT r.message_id FROM recent r ORDER BY r.message_id LIMIT 1) AS reached;

-- name: SearchTerms :many
-- Finds all that match by the index of terms: for what is rare.
WITH hits AS MATERIALIZED (
    SELECT s.message_id FROM message_search s WHERE s.terms @@ sqlc.arg(query)::tsquery AND s.tenant_id = $1
        AND s.message_id < sqlc.arg(before)::uuid AND s.message_id >= sqlc.arg(since)::uuid
)
SELECT message_id FROM hits ORDER BY message_id DESC LIMIT sqlc.arg(max_rows);

-- name: MessagesByID :many
-- The bounds of the ids leave out other months.
SELECT sqlc.embed(m), b.request, b.raw FROM messages m LEFT JOIN message_bodies b ON b.message_id = m.id
WHERE m.tenant_id = $1 AND m.id = ANY(sqlc.arg(ids)::uuid[]) AND m.id >= sqlc.arg(oldest) AND m.id <= sqlc.arg(newest)
ORDER BY m.id DESC;

-- name: SearchOpen :many
-- Among those that are not archived: they are few.
SELECT m.id FROM messages m JOIN message_search s ON s.message_id = m.id
WHERE m.tenant_id = $1 AND m.status = 'accepted' AND m.id < sqlc.arg(before)::uuid AND m.id >= sqlc.arg(since)::uuid
    AND s.terms @@ sqlc.arg(query)::tsquery
ORDER BY m.id DESC LIMIT sqlc.arg(max_rows);
