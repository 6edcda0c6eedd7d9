-- name: LockLane :exec
-- One at a time changes who goes in a lane, until the end of its transaction.
SELECT pg_advisory_xact_lock(hashtextextended(sqlc.arg(webhook_id)::uuid::text || ' ' || sqlc.arg(order_key)::text, 0));

-- name: TryLanes :many
-- For whoever publishes, and may hold other locks: it waits for none. The webhook
-- keeps its order until the end of the transaction.
SELECT w.id FROM webhooks w JOIN (SELECT unnest(sqlc.arg(ids)::uuid[]) AS id, unnest(sqlc.arg(keys)::text[]) AS key) u ON u.id = w.id
WHERE pg_try_advisory_xact_lock(hashtextextended(u.id::text || ' ' || u.key, 0))
FOR KEY SHARE OF w SKIP LOCKED;

-- name: InsertOrdered :many
-- A lane that is not locked is not looked at: the delivery asks for its turn later.
INSERT INTO deliveries (id, tenant_id, event_id, webhook_id, format, transform, order_key, order_seq, turn, due_at)
SELECT u.id, sqlc.arg(tenant_id), sqlc.arg(event_id), u.webhook_id, u.format, u.transform, u.key, nextval('delivery_order'), u.turn,
    CASE WHEN u.turn <> 'waits' THEN now() END
FROM (SELECT i.*, CASE WHEN NOT i.locked THEN '' WHEN waits_for(i.webhook_id, i.key, NULL) IS NULL THEN 'goes' ELSE 'waits' END AS turn
    FROM (SELECT unnest(sqlc.arg(ids)::uuid[]) AS id, unnest(sqlc.arg(webhook_ids)::uuid[]) AS webhook_id,
        unnest(sqlc.arg(formats)::text[]) AS format, unnest(sqlc.arg(transforms)::text[]) AS transform,
        unnest(sqlc.arg(keys)::text[]) AS key, unnest(sqlc.arg(locked)::boolean[]) AS locked) i
    ORDER BY i.id) u
RETURNING id, webhook_id, waits;

-- name: TakeTurn :one
UPDATE deliveries d SET turn = CASE WHEN b.id IS NULL THEN 'goes' ELSE 'waits' END,
    due_at = CASE WHEN b.id IS NULL THEN d.due_at END, next_attempt_at = CASE WHEN b.id IS NULL THEN d.next_attempt_at END, updated_at = now()
FROM (SELECT waits_for(deliveries.webhook_id, deliveries.order_key, deliveries.order_seq) AS id
    FROM deliveries WHERE deliveries.id = sqlc.arg(id)) b
WHERE d.id = sqlc.arg(id) AND d.run = sqlc.arg(run) AND d.turn = '' AND d.due_at IS NOT NULL
RETURNING d.waits;

-- name: NextInLane :many
-- The first that waits goes, unless something is before it still.
UPDATE deliveries d SET turn = 'goes', run = d.run + 1, dispatch = NULL, next_attempt_at = NULL, due_at = now(), updated_at = now()
WHERE d.id = (SELECT f.id FROM deliveries f WHERE f.webhook_id = sqlc.arg(webhook_id) AND f.order_key = sqlc.arg(order_key)::text
        AND f.turn = 'waits' ORDER BY f.order_seq LIMIT 1 FOR UPDATE)
    AND waits_for(d.webhook_id, d.order_key, d.order_seq) IS NULL
RETURNING d.id, d.run;

-- name: LetGo :exec
-- What failed holds nobody up any more.
UPDATE deliveries SET turn = '' WHERE webhook_id = $1 AND turn = 'holds';

-- name: NextInLanes :many
-- The first that waits in each lane of a webhook asks for its turn, where
-- nothing is before it.
UPDATE deliveries d SET turn = '', run = d.run + 1, dispatch = NULL, next_attempt_at = NULL, due_at = now(), updated_at = now()
WHERE d.id IN (SELECT DISTINCT ON (f.order_key) f.id FROM deliveries f WHERE f.webhook_id = $1 AND f.turn = 'waits'
        ORDER BY f.order_key, f.order_seq)
    AND waits_for(d.webhook_id, d.order_key, d.order_seq) IS NULL
RETURNING d.id, d.run;

-- name: SetOrderErrors :exec
-- As SetFilterErrors does.
UPDATE webhooks w SET order_error = u.message, order_error_event = sqlc.arg(event_id), order_error_at = now()
FROM (SELECT unnest(sqlc.arg(ids)::uuid[]) AS id, unnest(sqlc.arg(messages)::text[]) AS message) u
WHERE w.id = u.id AND w.id IN (SELECT f.id FROM webhooks f
    WHERE f.id = ANY(sqlc.arg(ids)::uuid[]) AND (f.order_error_at IS NULL OR f.order_error_at < now() - interval '1 second')
    ORDER BY f.id FOR NO KEY UPDATE SKIP LOCKED);
