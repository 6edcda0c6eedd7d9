-- name: DeliveryToAttempt :one
SELECT sqlc.embed(d), sqlc.embed(e), sqlc.embed(w),
    GREATEST(0, COALESCE(EXTRACT(EPOCH FROM d.next_attempt_at - now()), 0))::float8 AS wait
FROM deliveries d JOIN events e ON e.id = d.event_id JOIN webhooks w ON w.id = d.webhook_id
WHERE d.id = $1;

-- name: InsertAttempt :execrows
INSERT INTO attempts (delivery_id, number, tenant_id, started_at, duration_ms, status_code, error, error_detail, response_header, response_body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (delivery_id, number) DO NOTHING;

-- name: SetOutcome :one
-- A delivery that was held, cancelled or delivered meanwhile keeps its status,
-- unless this attempt delivered it. What is delivered once more stays due until
-- its schedule ends. The answer is whether the delivery is given up with this.
UPDATE deliveries d SET
    attempts = GREATEST(d.attempts, sqlc.arg(number)),
    status = CASE WHEN sqlc.arg(status)::text = 'delivered' OR d.status = 'pending' THEN sqlc.arg(status) ELSE d.status END,
    next_attempt_at = CASE WHEN was.open AND NOT d.waits AND sqlc.arg(status) = 'pending' THEN now() + make_interval(secs => sqlc.arg(wait)::float8) END,
    due_at = CASE WHEN was.open AND NOT d.waits AND sqlc.arg(status) = 'pending' THEN now() + make_interval(secs => sqlc.arg(wait)) END,
    turn = CASE WHEN was.open AND sqlc.arg(status) = 'pending' THEN d.turn
        WHEN was.status = 'pending' AND sqlc.arg(status) = 'failed' AND sqlc.arg(holds)::boolean THEN 'holds' ELSE '' END,
    place = CASE WHEN was.open AND sqlc.arg(status) = 'pending' THEN d.place END,
    updated_at = now()
FROM (SELECT id, status, (status = 'pending' OR status = 'delivered' AND (due_at IS NOT NULL OR waits))::boolean AS open
    FROM deliveries WHERE deliveries.id = sqlc.arg(id) FOR UPDATE) was
WHERE d.id = was.id
RETURNING (was.status = 'pending' AND d.status = 'failed')::boolean AS given_up;

-- name: WebhookOfDelivery :one
-- The webhook stays as it is until the end of the transaction.
SELECT w.id, w.active, d.run FROM deliveries d JOIN webhooks w ON w.id = d.webhook_id
WHERE d.id = $1 FOR SHARE OF w;

-- name: HoldDelivery :exec
UPDATE deliveries SET status = 'held', turn = '', place = NULL, next_attempt_at = NULL, due_at = NULL, updated_at = now()
WHERE id = $1 AND status = 'pending';

-- name: CancelDelivery :exec
-- What is delivered, and only to be delivered once more, stays delivered.
UPDATE deliveries SET status = CASE WHEN status = 'delivered' THEN status ELSE 'cancelled' END,
    turn = '', place = NULL, next_attempt_at = NULL, due_at = NULL, updated_at = now()
WHERE id = $1 AND (status IN ('pending', 'held') OR due_at IS NOT NULL OR waits OR turn = 'holds');

-- name: LockDelivery :one
SELECT * FROM deliveries WHERE tenant_id = $1 AND id = $2 FOR UPDATE;

-- name: RunDelivery :one
-- Where the transform failed nothing was sent: it is taken as it stands now.
UPDATE deliveries d SET status = CASE WHEN d.status = 'delivered' THEN d.status ELSE 'pending' END, run = d.run + 1,
    attempts_before = CASE WHEN sqlc.arg(anew)::boolean THEN d.attempts ELSE d.attempts_before END,
    transform = CASE WHEN EXISTS (SELECT FROM attempts a WHERE a.delivery_id = d.id AND a.number = d.attempts AND a.error = 'transform')
        THEN (SELECT w.transform FROM webhooks w WHERE w.id = d.webhook_id) ELSE d.transform END,
    turn = t.turn, place = NULL, next_attempt_at = NULL, due_at = CASE WHEN t.turn <> 'waits' THEN now() END, updated_at = now()
FROM (SELECT CASE WHEN o.order_key IS NULL THEN '' WHEN o.turn = 'goes' THEN 'goes'
        WHEN waits_for(o.webhook_id, o.order_key, o.order_seq) IS NULL THEN 'goes' ELSE 'waits' END AS turn
    FROM deliveries o WHERE o.id = sqlc.arg(id)) t
WHERE d.id = sqlc.arg(id) RETURNING d.run, d.waits;

-- name: InsertTestEvent :exec
INSERT INTO events (id, tenant_id, public_id, type, data, occurred_at, test) VALUES ($1, $2, '', $3, $4, $5, true);

-- name: InsertTestDelivery :exec
INSERT INTO deliveries (id, tenant_id, event_id, webhook_id, format, transform, test) VALUES ($1, $2, $3, $4, $5, $6, true);

-- name: FailedDelivery :one
SELECT e.id, e.public_id, e.type, w.name, w.url FROM deliveries d JOIN events e ON e.id = d.event_id JOIN webhooks w ON w.id = d.webhook_id
WHERE d.id = $1;

-- name: DeliveryByID :one
SELECT sqlc.embed(d), e.public_id, e.type,
    COALESCE(CASE WHEN d.turn = 'waits' THEN waits_for(d.webhook_id, d.order_key, d.order_seq) END, '00000000-0000-0000-0000-000000000000')::uuid AS waits_for
FROM deliveries d JOIN events e ON e.id = d.event_id
WHERE d.tenant_id = $1 AND d.id = $2;

-- name: Deliveries :many
SELECT sqlc.embed(d), e.public_id, e.type,
    COALESCE(CASE WHEN d.turn = 'waits' THEN waits_for(d.webhook_id, d.order_key, d.order_seq) END, '00000000-0000-0000-0000-000000000000')::uuid AS waits_for
FROM deliveries d JOIN events e ON e.id = d.event_id
WHERE d.tenant_id = $1 AND d.id < sqlc.arg(before)
    AND (sqlc.narg(webhook_id)::uuid IS NULL OR d.webhook_id = sqlc.narg(webhook_id))
    AND (sqlc.narg(event_id)::uuid IS NULL OR d.event_id = sqlc.narg(event_id))
    AND (sqlc.narg(status)::text IS NULL OR d.status = sqlc.narg(status))
    AND (sqlc.narg(test)::boolean IS NULL OR d.test = sqlc.narg(test))
ORDER BY d.id DESC LIMIT sqlc.arg(max_rows);

-- name: Undelivered :many
-- As Deliveries, by an index: these may be few among many.
SELECT sqlc.embed(d), e.public_id, e.type,
    COALESCE(CASE WHEN d.turn = 'waits' THEN waits_for(d.webhook_id, d.order_key, d.order_seq) END, '00000000-0000-0000-0000-000000000000')::uuid AS waits_for
FROM deliveries d JOIN events e ON e.id = d.event_id
WHERE d.tenant_id = $1 AND d.id < sqlc.arg(before) AND d.status = sqlc.arg(status) AND d.status <> 'delivered'
    AND (sqlc.narg(webhook_id)::uuid IS NULL OR d.webhook_id = sqlc.narg(webhook_id))
    AND (sqlc.narg(event_id)::uuid IS NULL OR d.event_id = sqlc.narg(event_id))
    AND (sqlc.narg(test)::boolean IS NULL OR d.test = sqlc.narg(test))
ORDER BY d.id DESC LIMIT sqlc.arg(max_rows);

-- name: AttemptsOf :many
SELECT * FROM attempts WHERE tenant_id = $1 AND delivery_id = ANY(sqlc.arg(delivery_ids)::uuid[]) ORDER BY delivery_id, number;
