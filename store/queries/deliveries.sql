-- name: DeliveryToAttempt :one
SELECT sqlc.embed(d), sqlc.embed(e), sqlc.embed(w),
    GREATEST(0, COALESCE(EXTRACT(EPOCH FROM d.next_attempt_at - now()), 0))::float8 AS wait
FROM deliveries d JOIN events e ON e.id = d.event_id JOIN webhooks w ON w.id = d.webhook_id
WHERE d.id = $1;

-- name: DeliveriesToAttempt :many
SELECT sqlc.embed(d), sqlc.embed(e) FROM deliveries d JOIN events e ON e.id = d.event_id
WHERE d.id = ANY(sqlc.arg(ids)::uuid[]);

-- name: InsertAttempts :many
-- What was recorded before stays as it is, and is not in the answer.
INSERT INTO attempts (delivery_id, number, tenant_id, started_at, duration_ms, status_code, error, error_detail, response_header, response_body, phases)
SELECT u.delivery_id, u.number, u.tenant_id, u.started_at, u.duration_ms, u.status_code, u.error, u.error_detail, u.response_header, u.response_body, u.phases
FROM (SELECT unnest(sqlc.arg(delivery_ids)::uuid[]) AS delivery_id, unnest(sqlc.arg(numbers)::int[]) AS number,
    unnest(sqlc.arg(tenant_ids)::uuid[]) AS tenant_id, unnest(sqlc.arg(started)::timestamptz[]) AS started_at,
    unnest(sqlc.arg(durations)::int[]) AS duration_ms, unnest(sqlc.arg(status_codes)::int[]) AS status_code,
    unnest(sqlc.arg(errors)::text[]) AS error, unnest(sqlc.arg(error_details)::text[]) AS error_detail,
    unnest(sqlc.arg(response_headers)::bytea[]) AS response_header, unnest(sqlc.arg(response_bodies)::bytea[]) AS response_body,
    unnest(sqlc.arg(phases)::jsonb[]) AS phases) u
ORDER BY u.delivery_id, u.number
ON CONFLICT (delivery_id, number) DO NOTHING
RETURNING delivery_id;

-- name: SetOutcomes :many
-- A delivery that was held, cancelled or delivered meanwhile keeps its status,
-- unless this attempt delivered it. What is delivered once more stays due until
-- its schedule ends. The answer says which are given up with this.
UPDATE deliveries d SET
    attempts = GREATEST(d.attempts, was.number),
    status = CASE WHEN was.outcome = 'delivered' OR d.status = 'pending' THEN was.outcome ELSE d.status END,
    next_attempt_at = CASE WHEN was.open AND NOT d.waits AND was.outcome = 'pending' THEN now() + make_interval(secs => was.wait) END,
    due_at = CASE WHEN was.open AND NOT d.waits AND was.outcome = 'pending' THEN now() + make_interval(secs => was.wait) END,
    turn = CASE WHEN was.open AND was.outcome = 'pending' THEN d.turn
        WHEN was.status = 'pending' AND was.outcome = 'failed' AND sqlc.arg(holds)::boolean THEN 'holds' ELSE '' END,
    place = CASE WHEN was.open AND was.outcome = 'pending' THEN d.place END,
    dispatch = was.dispatch, updated_at = now()
FROM (SELECT b.id, b.status, (b.status = 'pending' OR b.status = 'delivered' AND (b.due_at IS NOT NULL OR b.waits))::boolean AS open,
        u.number, u.outcome, u.wait, u.dispatch
    FROM deliveries b JOIN (SELECT unnest(sqlc.arg(ids)::uuid[]) AS id, unnest(sqlc.arg(numbers)::int[]) AS number,
        unnest(sqlc.arg(outcomes)::text[]) AS outcome, unnest(sqlc.arg(waits)::float8[]) AS wait,
        NULLIF(unnest(sqlc.arg(dispatches)::uuid[]), '00000000-0000-0000-0000-000000000000') AS dispatch) u ON u.id = b.id
    ORDER BY b.id FOR UPDATE OF b) was
WHERE d.id = was.id
RETURNING d.id, d.status, (was.status = 'pending' AND d.status = 'failed')::boolean AS given_up;

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
UPDATE deliveries d SET status = CASE WHEN d.status = 'delivered' THEN d.status ELSE 'pending' END, run = d.run + 1, dispatch = NULL,
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

-- name: DeliveriesByID :many
-- Of few: the ids are found first, each kind of list by its own index, so that
-- no plan joins all deliveries with all events to sort them.
SELECT sqlc.embed(d), e.public_id, e.type,
    COALESCE(CASE WHEN d.turn = 'waits' THEN waits_for(d.webhook_id, d.order_key, d.order_seq) END, '00000000-0000-0000-0000-000000000000')::uuid AS waits_for
FROM deliveries d JOIN events e ON e.id = d.event_id
WHERE d.tenant_id = $1 AND d.id = ANY(sqlc.arg(ids)::uuid[])
ORDER BY d.id DESC;

-- name: DeliveryIDs :many
SELECT id FROM deliveries
WHERE tenant_id = $1 AND id < sqlc.arg(before)
    AND (sqlc.narg(status)::text IS NULL OR status = sqlc.narg(status))
    AND (sqlc.narg(test)::boolean IS NULL OR test = sqlc.narg(test))
ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: DeliveryIDsOfWebhook :many
SELECT id FROM deliveries
WHERE tenant_id = $1 AND webhook_id = sqlc.arg(webhook_id) AND id < sqlc.arg(before)
    AND (sqlc.narg(status)::text IS NULL OR status = sqlc.narg(status))
    AND (sqlc.narg(test)::boolean IS NULL OR test = sqlc.narg(test))
ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: DeliveryIDsOfEvent :many
-- Tests have an index of their own.
SELECT o.id FROM deliveries o
WHERE o.tenant_id = sqlc.arg(tenant_id) AND o.id < sqlc.arg(before)
    AND o.id = ANY(ARRAY(SELECT d.id FROM deliveries d WHERE d.event_id = sqlc.arg(event_id) AND NOT d.test
        UNION ALL SELECT t.id FROM deliveries t WHERE t.event_id = sqlc.arg(event_id) AND t.test))
    AND (sqlc.narg(webhook_id)::uuid IS NULL OR o.webhook_id = sqlc.narg(webhook_id))
    AND (sqlc.narg(status)::text IS NULL OR o.status = sqlc.narg(status))
    AND (sqlc.narg(test)::boolean IS NULL OR o.test = sqlc.narg(test))
ORDER BY o.id DESC LIMIT sqlc.arg(max_rows);

-- name: UndeliveredIDs :many
-- As DeliveryIDs, by an index: these may be few among many.
SELECT id FROM deliveries
WHERE tenant_id = $1 AND id < sqlc.arg(before) AND status = sqlc.arg(status) AND status <> 'delivered'
    AND (sqlc.narg(webhook_id)::uuid IS NULL OR webhook_id = sqlc.narg(webhook_id))
    AND (sqlc.narg(test)::boolean IS NULL OR test = sqlc.narg(test))
ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: AttemptsOf :many
SELECT * FROM attempts WHERE tenant_id = $1 AND delivery_id = ANY(sqlc.arg(delivery_ids)::uuid[]) ORDER BY delivery_id, number;
