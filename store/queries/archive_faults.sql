-- name: RecordArchiveFault :exec
INSERT INTO archive_faults AS f (message_id, tenant_id, error)
SELECT m.id, m.tenant_id, sqlc.arg(error) FROM messages m WHERE m.id = sqlc.arg(message_id) AND m.status = 'accepted'
ON CONFLICT (message_id) DO UPDATE SET error = EXCLUDED.error, tries = f.tries + 1, last_at = now();

-- name: WaitingMessages :many
-- The oldest that are not archived, with what their last try came to.
SELECT m.id, COALESCE(f.error, '')::text AS error, COALESCE(f.tries, 0)::integer AS tries, COALESCE(f.last_at, now())::timestamptz AS last_at
FROM messages m LEFT JOIN archive_faults f ON f.message_id = m.id
WHERE m.tenant_id = $1 AND m.status = 'accepted' ORDER BY m.id LIMIT $2;

-- name: ArchiveFaults :many
-- What keeps messages from being archived, by how many wait for it.
SELECT f.error, count(*) AS messages, min(f.first_at)::timestamptz AS first_at, max(f.last_at)::timestamptz AS last_at
FROM archive_faults f JOIN messages m ON m.id = f.message_id
WHERE f.tenant_id = $1 AND m.tenant_id = $1 AND m.status = 'accepted'
GROUP BY f.error ORDER BY count(*) DESC, f.error LIMIT $2;
