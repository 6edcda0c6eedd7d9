-- name: ClaimTransitions :many
-- In the order of the keys, or two transactions deadlock. Answers with those
-- that are new.
INSERT INTO transitions (endpoint_id, key_hash, tenant_id, event_id, subject, recipient, rank)
SELECT sqlc.arg(endpoint_id)::uuid, u.key_hash, sqlc.arg(tenant_id)::uuid, u.event_id, u.subject, u.recipient, u.rank
FROM (SELECT unnest(sqlc.arg(key_hashes)::bytea[]) AS key_hash, unnest(sqlc.arg(event_ids)::uuid[]) AS event_id,
    unnest(sqlc.arg(subjects)::bytea[]) AS subject, unnest(sqlc.arg(recipients)::text[]) AS recipient,
    unnest(sqlc.arg(ranks)::smallint[]) AS rank) u
ORDER BY u.key_hash
ON CONFLICT (endpoint_id, key_hash) DO NOTHING
RETURNING event_id;

-- name: Transitions :many
-- The current status first, then what came before it on the way.
SELECT sqlc.embed(e), t.recipient, t.rank FROM transitions t JOIN events e ON e.id = t.event_id
WHERE t.tenant_id = $1 AND t.endpoint_id = $2 AND t.subject = sqlc.arg(subject) AND e.tenant_id = $1
ORDER BY t.recipient, t.rank DESC, e.occurred_at DESC, e.id DESC LIMIT sqlc.arg(max_rows);
