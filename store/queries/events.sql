-- name: ClaimEventID :one
-- Answers with the event that holds the id: the caller's own, or the first.
INSERT INTO event_ids (tenant_id, public_id, event_id) VALUES ($1, $2, $3)
ON CONFLICT (tenant_id, public_id) DO UPDATE SET event_id = event_ids.event_id
RETURNING event_id;

-- name: InsertEvent :exec
INSERT INTO events (id, tenant_id, public_id, type, data, occurred_at, message_id, endpoint_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: MatchingWebhooks :many
SELECT id, format, survey_id, filter, transform, ordered_by FROM webhooks
WHERE tenant_id = $1 AND active AND deleted_at IS NULL AND events && sqlc.arg(patterns)::text[]
ORDER BY id;

-- name: InsertDeliveries :exec
INSERT INTO deliveries (id, tenant_id, event_id, webhook_id, format, transform)
SELECT u.id, sqlc.arg(tenant_id), sqlc.arg(event_id), u.webhook_id, u.format, u.transform
FROM (SELECT unnest(sqlc.arg(ids)::uuid[]) AS id, unnest(sqlc.arg(webhook_ids)::uuid[]) AS webhook_id,
    unnest(sqlc.arg(formats)::text[]) AS format, unnest(sqlc.arg(transforms)::text[]) AS transform) u
ORDER BY u.id;

-- name: EventByID :one
SELECT * FROM events WHERE tenant_id = $1 AND id = $2;

-- name: EventByPublicID :one
SELECT e.* FROM event_ids i JOIN events e ON e.id = i.event_id WHERE i.tenant_id = $1 AND i.public_id = $2;

-- name: Events :many
SELECT * FROM events
WHERE tenant_id = $1 AND id < sqlc.arg(before) AND NOT test
    AND (sqlc.narg(type)::text IS NULL OR type = sqlc.narg(type))
    AND (sqlc.narg(endpoint_id)::uuid IS NULL OR endpoint_id = sqlc.narg(endpoint_id))
    AND (sqlc.narg(message_id)::uuid IS NULL OR message_id = sqlc.narg(message_id))
    AND (sqlc.narg(occurred_after)::timestamptz IS NULL OR occurred_at >= sqlc.narg(occurred_after))
    AND (sqlc.narg(occurred_before)::timestamptz IS NULL OR occurred_at < sqlc.narg(occurred_before))
ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: EventsByID :many
SELECT * FROM events WHERE tenant_id = $1 AND id = ANY(sqlc.arg(ids)::uuid[]) ORDER BY id;
