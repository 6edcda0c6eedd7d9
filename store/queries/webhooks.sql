-- name: InsertWebhook :one
INSERT INTO webhooks (id, tenant_id, name, url, events, secrets, headers, active, format, retry_policy, disable_after, timeout,
    survey_id, filter, transform, ordered_by, ordered_on_failure, rate_limit, max_in_flight)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) RETURNING *;

-- name: Webhook :one
SELECT * FROM webhooks WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL;

-- name: LockWebhook :one
SELECT * FROM webhooks WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL FOR UPDATE;

-- name: Webhooks :many
SELECT * FROM webhooks WHERE tenant_id = $1 AND deleted_at IS NULL AND id < sqlc.arg(before)
ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: UpdateWebhook :one
UPDATE webhooks SET name = $3, url = $4, events = $5, secrets = $6, headers = $7, active = $8, format = $9,
    retry_policy = $10, disable_after = $11, timeout = $12, consecutive_failures = $13, generation = $14,
    disabled_reason = $15, survey_id = $16, filter = $17, transform = $18, ordered_by = $19, ordered_on_failure = $20,
    rate_limit = $21, max_in_flight = $22,
    filter_error = CASE WHEN filter = $17 THEN filter_error ELSE '' END,
    filter_error_event = CASE WHEN filter = $17 THEN filter_error_event END,
    filter_error_at = CASE WHEN filter = $17 THEN filter_error_at END,
    order_error = CASE WHEN ordered_by = $19 THEN order_error ELSE '' END,
    order_error_event = CASE WHEN ordered_by = $19 THEN order_error_event END,
    order_error_at = CASE WHEN ordered_by = $19 THEN order_error_at END, updated_at = now()
WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL RETURNING *;

-- name: DeleteWebhook :execrows
UPDATE webhooks SET deleted_at = now(), active = false, generation = generation + 1
WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL;

-- name: HoldDeliveries :exec
-- Locked in the order of their ids, as those who record attempts lock them.
UPDATE deliveries d SET status = 'held', turn = '', place = NULL, next_attempt_at = NULL, due_at = NULL, updated_at = now()
FROM (SELECT o.id FROM deliveries o WHERE o.webhook_id = $1 AND o.status = 'pending' AND NOT o.test ORDER BY o.id FOR UPDATE) l
WHERE d.id = l.id;

-- name: DropWaiting :exec
-- What was delivered, and waits to be delivered once more, is left at that.
UPDATE deliveries SET turn = '', place = NULL, updated_at = now()
WHERE webhook_id = $1 AND status = 'delivered' AND (turn = 'waits' OR place IS NOT NULL);

-- name: CancelDeliveries :exec
UPDATE deliveries d SET status = 'cancelled', turn = '', place = NULL, next_attempt_at = NULL, due_at = NULL, updated_at = now()
FROM (SELECT o.id FROM deliveries o WHERE o.webhook_id = $1 AND o.status IN ('pending', 'held') ORDER BY o.id FOR UPDATE) l
WHERE d.id = l.id;

-- name: LockCounted :many
-- The webhooks whose count attempts change, locked in the order of their ids.
-- Where nothing failed and the count is zero nothing is to be counted.
SELECT * FROM webhooks
WHERE id = ANY(sqlc.arg(failed)::uuid[]) OR id = ANY(sqlc.arg(succeeded)::uuid[]) AND consecutive_failures <> 0
ORDER BY id FOR NO KEY UPDATE;

-- name: SetFailures :exec
-- Of webhooks that are locked.
UPDATE webhooks w SET consecutive_failures = u.failures
FROM (SELECT unnest(sqlc.arg(ids)::uuid[]) AS id, unnest(sqlc.arg(failures)::int[]) AS failures) u WHERE w.id = u.id;

-- name: WebhooksByID :many
SELECT * FROM webhooks WHERE id = ANY(sqlc.arg(ids)::uuid[]);

-- name: DisableWebhook :one
-- Attempts that began before carry an older generation and count no more.
UPDATE webhooks SET active = false, generation = generation + 1, disabled_reason = $2, updated_at = now()
WHERE id = $1 RETURNING generation;

-- name: LockSurveys :exec
-- One at a time counts the webhooks of a tenant's surveys.
SELECT FROM tenants WHERE id = $1 FOR NO KEY UPDATE;

-- name: CountOfSurvey :one
SELECT count(*) FROM webhooks WHERE tenant_id = $1 AND survey_id = $2 AND id <> $3 AND deleted_at IS NULL;

-- name: SetFilterErrors :exec
-- A row that somebody else holds is left alone, and so is one that was written
-- within the second: nobody who publishes waits for it.
UPDATE webhooks w SET filter_error = u.message, filter_error_event = sqlc.arg(event_id), filter_error_at = now()
FROM (SELECT unnest(sqlc.arg(ids)::uuid[]) AS id, unnest(sqlc.arg(messages)::text[]) AS message) u
WHERE w.id = u.id AND w.id IN (SELECT f.id FROM webhooks f
    WHERE f.id = ANY(sqlc.arg(ids)::uuid[]) AND (f.filter_error_at IS NULL OR f.filter_error_at < now() - interval '1 second')
    ORDER BY f.id FOR NO KEY UPDATE SKIP LOCKED);
