-- name: InsertOperation :execrows
INSERT INTO operations (id, tenant_id, webhook_id, kind, generation, total, input)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING;

-- name: Operation :one
SELECT * FROM operations WHERE tenant_id = $1 AND id = $2;

-- name: Operations :many
SELECT * FROM operations
WHERE tenant_id = $1 AND id < sqlc.arg(before) AND kind = ANY(sqlc.arg(kinds)::text[])
    AND (sqlc.narg(webhook_id)::uuid IS NULL OR webhook_id = sqlc.narg(webhook_id))
ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: RunningRecoveries :many
SELECT * FROM operations WHERE webhook_id = $1 AND kind = 'recover' AND status = 'running' ORDER BY id;

-- name: OperationByID :one
SELECT * FROM operations WHERE id = $1;

-- name: LockOperation :one
SELECT * FROM operations WHERE id = $1 FOR UPDATE;

-- name: HoldWebhook :one
-- Nobody else changes the webhook or ends one of its deliveries in order until
-- the end of the transaction.
SELECT * FROM webhooks WHERE id = $1 FOR NO KEY UPDATE;

-- name: ShareWebhook :one
-- The webhook stays as it is until the end of the transaction.
SELECT * FROM webhooks WHERE id = $1 FOR SHARE;

-- name: AdvanceOperation :exec
UPDATE operations SET done = done + sqlc.arg(moved), position = COALESCE(sqlc.narg(position), position), due_at = now(), updated_at = now()
WHERE id = sqlc.arg(id);

-- name: EndOperation :execrows
UPDATE operations SET status = $2, detail = $3, due_at = NULL, updated_at = now() WHERE id = $1 AND status = 'running';

-- name: SetOperationInput :exec
UPDATE operations SET input = $2, total = $3, updated_at = now() WHERE id = $1;

-- name: BeginPause :exec
INSERT INTO webhook_pauses (webhook_id, tenant_id, generation) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING;

-- name: EndPauses :exec
UPDATE webhook_pauses SET ended = now() WHERE webhook_id = $1 AND ended IS NULL;

-- name: Pauses :many
SELECT began, ended FROM webhook_pauses WHERE webhook_id = $1 ORDER BY began;

-- name: InFlight :one
SELECT count(*) FROM (SELECT FROM deliveries WHERE webhook_id = $1 AND due_at <= now() LIMIT sqlc.arg(max_rows)) d;

-- name: CountHeld :one
SELECT count(*) FROM deliveries WHERE webhook_id = $1 AND status = 'held';

-- name: ResumeHeld :many
-- What is behind another in its lane waits.
UPDATE deliveries d SET status = 'pending', run = d.run + 1, dispatch = NULL, turn = t.turn, next_attempt_at = NULL,
    due_at = CASE WHEN t.turn <> 'waits' THEN now() END, updated_at = now()
FROM (SELECT h.id, CASE WHEN h.order_key IS NOT NULL AND waits_for(h.webhook_id, h.order_key, h.order_seq) IS NOT NULL THEN 'waits' ELSE '' END AS turn
    FROM deliveries h WHERE h.webhook_id = $1 AND h.status = 'held'
    ORDER BY h.id LIMIT sqlc.arg(max_rows) FOR UPDATE) t
WHERE d.id = t.id
RETURNING d.id, d.run, d.waits;

-- name: RecoverEnd :one
-- The last of the next events that a recovery looks at together.
SELECT id FROM events WHERE tenant_id = $1 AND id > sqlc.arg(after) AND id < sqlc.arg(until)
ORDER BY id OFFSET sqlc.arg(skip) LIMIT 1;

-- name: Recoverable :many
-- What a webhook did not get, or all that it would get again, with the
-- delivery where there is one. A topic means itself and what lies below it.
SELECT e.id, d.id AS delivery_id
FROM events e LEFT JOIN deliveries d ON d.event_id = e.id AND d.webhook_id = sqlc.arg(webhook_id) AND NOT d.test
WHERE e.tenant_id = sqlc.arg(tenant_id) AND e.id > sqlc.arg(after) AND e.id <= sqlc.arg(upto) AND NOT e.test
    AND CASE
        WHEN d.id IS NOT NULL THEN d.due_at IS NULL AND NOT d.waits AND (d.status = 'failed' OR sqlc.arg(everything)::boolean AND d.status IN ('delivered', 'cancelled'))
        ELSE sqlc.arg(everything) OR EXISTS (
            SELECT FROM (SELECT unnest(sqlc.arg(pauses_from)::uuid[]) AS began, unnest(sqlc.arg(pauses_to)::uuid[]) AS ended) p
            WHERE e.id >= p.began AND e.id < p.ended)
    END
    AND (d.id IS NOT NULL OR EXISTS (
        SELECT FROM (SELECT unnest(sqlc.arg(patterns)::text[]) AS text) p
        WHERE p.text = '*' OR p.text = e.type
            OR right(p.text, 2) = '.*' AND starts_with(e.type, left(p.text, -1))
            OR strpos(p.text, '.') = 0 AND starts_with(e.type, p.text || '.')))
ORDER BY e.id LIMIT sqlc.arg(max_rows);

-- name: Redeliver :many
-- What was delivered stays delivered, and is due again all the same. Where the
-- transform failed nothing was sent: it is taken as it stands now.
UPDATE deliveries d SET status = CASE WHEN d.status = 'delivered' THEN d.status ELSE 'pending' END, run = d.run + 1, dispatch = NULL,
    transform = CASE WHEN EXISTS (SELECT FROM attempts a WHERE a.delivery_id = d.id AND a.number = d.attempts AND a.error = 'transform')
        THEN (SELECT w.transform FROM webhooks w WHERE w.id = d.webhook_id) ELSE d.transform END,
    attempts_before = d.attempts, turn = t.turn, next_attempt_at = NULL,
    due_at = CASE WHEN t.turn <> 'waits' THEN now() END, updated_at = now()
FROM (SELECT r.id, CASE WHEN r.order_key IS NOT NULL AND waits_for(r.webhook_id, r.order_key, r.order_seq) IS NOT NULL THEN 'waits' ELSE '' END AS turn
    FROM deliveries r WHERE r.id = ANY(sqlc.arg(ids)::uuid[])
    AND r.status IN ('failed', 'cancelled', 'delivered') AND r.due_at IS NULL AND NOT r.waits ORDER BY r.id FOR UPDATE) t
WHERE d.id = t.id
RETURNING d.id, d.run, d.waits;

-- name: InsertMissed :many
-- In a lane they go to its end.
INSERT INTO deliveries (id, tenant_id, event_id, webhook_id, format, transform, order_key, order_seq, turn, due_at)
SELECT u.id, sqlc.arg(tenant_id), u.event_id, sqlc.arg(webhook_id), sqlc.arg(format), sqlc.arg(transform), u.key, u.seq, u.turn,
    CASE WHEN u.turn <> 'waits' THEN now() END
FROM (SELECT i.id, i.event_id, CASE WHEN i.ordered THEN i.key END AS key, CASE WHEN i.ordered THEN nextval('delivery_order') END AS seq,
        CASE WHEN i.ordered AND waits_for(sqlc.arg(webhook_id), i.key, NULL) IS NOT NULL THEN 'waits' ELSE '' END AS turn
    FROM (SELECT unnest(sqlc.arg(ids)::uuid[]) AS id, unnest(sqlc.arg(event_ids)::uuid[]) AS event_id,
        unnest(sqlc.arg(keys)::text[]) AS key, unnest(sqlc.arg(ordered)::boolean[]) AS ordered ORDER BY 2) i) u
ORDER BY u.event_id
ON CONFLICT DO NOTHING
RETURNING id, waits;
