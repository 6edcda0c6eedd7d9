-- name: LockPlaces :exec
SELECT pg_advisory_xact_lock(hashtextextended(sqlc.arg(webhook_id)::uuid::text, 1));

-- name: Places :one
SELECT count(*) FILTER (WHERE p.delivery_id <> sqlc.arg(delivery_id))::integer AS others,
    (count(*) FILTER (WHERE p.delivery_id = sqlc.arg(delivery_id)) > 0)::boolean AS mine,
    EXISTS (SELECT FROM deliveries d WHERE d.webhook_id = sqlc.arg(webhook_id) AND d.place IS NOT NULL) AS queue
FROM webhook_places p WHERE p.webhook_id = sqlc.arg(webhook_id) AND p.expires_at > now();

-- name: TakePlace :exec
INSERT INTO webhook_places (webhook_id, delivery_id, tenant_id, expires_at)
VALUES ($1, $2, $3, now() + make_interval(secs => sqlc.arg(seconds)::float8))
ON CONFLICT (webhook_id, delivery_id) DO UPDATE SET expires_at = EXCLUDED.expires_at;

-- name: FreePlace :exec
DELETE FROM webhook_places WHERE webhook_id = $1 AND delivery_id = $2;

-- name: FreeExpired :exec
DELETE FROM webhook_places WHERE webhook_id = $1 AND expires_at <= now();

-- name: ExpiredPlaces :many
SELECT DISTINCT webhook_id FROM webhook_places WHERE expires_at <= now() LIMIT sqlc.arg(max_rows);

-- name: QueueForPlace :execrows
UPDATE deliveries SET place = nextval('delivery_order'), next_attempt_at = NULL, due_at = NULL, updated_at = now()
WHERE id = $1 AND run = $2 AND due_at IS NOT NULL;

-- name: FillPlaces :many
UPDATE deliveries d SET place = NULL, run = d.run + 1, dispatch = NULL, due_at = now(), updated_at = now()
WHERE d.id IN (SELECT f.id FROM deliveries f WHERE f.webhook_id = $1 AND f.place IS NOT NULL
    ORDER BY f.place LIMIT sqlc.arg(free) FOR UPDATE)
RETURNING d.id, d.run, d.tenant_id;

-- name: ClaimAttempt :one
-- GCRA with a line: who comes while others wait is told when its time is, one
-- interval behind the last of them, and so is who finds nothing left.
WITH asked AS (
    SELECT extract(epoch FROM statement_timestamp())::float8 AS now, 1 / sqlc.arg(rate)::float8 AS every,
        sqlc.arg(burst)::float8 / sqlc.arg(rate)::float8 AS room, sqlc.arg(promised)::boolean AS promised
)
INSERT INTO webhook_rates AS r (webhook_id, tenant_id, full_at, line_at, granted)
SELECT sqlc.arg(webhook_id)::uuid, sqlc.arg(tenant_id)::uuid, now + every, 0, true FROM asked
ON CONFLICT (webhook_id) DO UPDATE SET (full_at, line_at, granted) = (
    SELECT CASE WHEN may.granted THEN greatest(r.full_at, now) + every ELSE r.full_at END,
        CASE WHEN may.granted THEN r.line_at ELSE greatest(r.line_at, now) + every END, may.granted
    FROM asked, LATERAL (SELECT greatest(r.full_at, now) + every <= now + room + 1e-6
        AND (promised OR r.line_at <= now) AS granted) AS may)
RETURNING granted, (line_at - extract(epoch FROM statement_timestamp()))::float8 AS line_in;

-- name: AwaitRate :exec
UPDATE deliveries SET next_attempt_at = now() + make_interval(secs => sqlc.arg(wait)::float8),
    due_at = now() + make_interval(secs => sqlc.arg(wait)), updated_at = now()
WHERE id = sqlc.arg(id) AND run = sqlc.arg(run) AND due_at IS NOT NULL;

-- name: ForgetLine :exec
-- Nobody waits any more, or for another time.
UPDATE webhook_rates SET line_at = 0 WHERE webhook_id = $1;
