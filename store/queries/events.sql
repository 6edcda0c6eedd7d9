-- name: ClaimEventIDs :many
-- Answers with the events that hold the ids: the caller's own, or the first ones.
INSERT INTO event_ids (tenant_id, public_id, event_id)
SELECT u.tenant_id, u.public_id, u.event_id
FROM (SELECT unnest(sqlc.arg(tenant_ids)::uuid[]) AS tenant_id, unnest(sqlc.arg(public_ids)::text[]) AS public_id,
    unnest(sqlc.arg(event_ids)::uuid[]) AS event_id) u
ORDER BY u.tenant_id, u.public_id
ON CONFLICT (tenant_id, public_id) DO UPDATE SET event_id = event_ids.event_id
RETURNING tenant_id, public_id, event_id;

-- name: InsertEvents :many
-- Answers with the webhooks that are subscribed to each tenant's types, of which
-- each has a number. Patterns are separated by spaces.
WITH made AS (
    INSERT INTO events (id, tenant_id, public_id, type, data, occurred_at, message_id, endpoint_id)
    SELECT e.id, e.tenant_id, e.public_id, e.type, e.data, e.occurred_at,
        NULLIF(e.message_id, '00000000-0000-0000-0000-000000000000'), NULLIF(e.endpoint_id, '00000000-0000-0000-0000-000000000000')
    FROM (SELECT unnest(sqlc.arg(ids)::uuid[]) AS id, unnest(sqlc.arg(tenant_ids)::uuid[]) AS tenant_id,
        unnest(sqlc.arg(public_ids)::text[]) AS public_id, unnest(sqlc.arg(types)::text[]) AS type,
        unnest(sqlc.arg(datas)::bytea[]) AS data, unnest(sqlc.arg(occurred)::timestamptz[]) AS occurred_at,
        unnest(sqlc.arg(message_ids)::uuid[]) AS message_id, unnest(sqlc.arg(endpoint_ids)::uuid[]) AS endpoint_id) e
    ORDER BY e.id)
SELECT u.n::int AS n, w.id, w.format, w.survey_id, w.filter, w.transform, w.ordered_by,
    w.url, w.generation, w.disable_after, w.consecutive_failures, w.rate_limit, w.max_in_flight
FROM (SELECT unnest(sqlc.arg(numbers)::int[]) AS n, unnest(sqlc.arg(subscribed_tenants)::uuid[]) AS tenant_id,
    unnest(sqlc.arg(patterns)::text[]) AS patterns) u
JOIN webhooks w ON w.tenant_id = u.tenant_id AND w.active AND w.deleted_at IS NULL AND w.events && string_to_array(u.patterns, ' ')
ORDER BY u.n, w.id;

-- name: InsertDeliveries :many
-- With their outbox rows, whose ids are the answer.
WITH u AS MATERIALIZED (SELECT unnest(sqlc.arg(ids)::uuid[]) AS id, unnest(sqlc.arg(tenant_ids)::uuid[]) AS tenant_id,
        unnest(sqlc.arg(event_ids)::uuid[]) AS event_id, unnest(sqlc.arg(webhook_ids)::uuid[]) AS webhook_id,
        unnest(sqlc.arg(formats)::text[]) AS format, unnest(sqlc.arg(transforms)::text[]) AS transform,
        unnest(sqlc.arg(shards)::smallint[]) AS shard, nextval('outbox_id_seq') AS row_id),
made AS (
    INSERT INTO deliveries (id, tenant_id, event_id, webhook_id, format, transform)
    SELECT u.id, u.tenant_id, u.event_id, u.webhook_id, u.format, u.transform FROM u ORDER BY u.id),
queued AS (
    INSERT INTO outbox (id, shard, kind, subject, ref, run) OVERRIDING SYSTEM VALUE
    SELECT u.row_id, u.shard, 'delivery', u.webhook_id, u.id, 0 FROM u ORDER BY u.id)
SELECT u.row_id::bigint AS row_id, u.id::uuid AS id FROM u;

-- name: EventByID :one
SELECT * FROM events WHERE tenant_id = $1 AND id = $2;

-- name: EventByPublicID :one
SELECT e.* FROM event_ids i JOIN events e ON e.id = i.event_id WHERE i.tenant_id = $1 AND i.public_id = $2;

-- name: Events :many
SELECT * FROM events
WHERE tenant_id = $1 AND id < sqlc.arg(before) AND NOT test
    AND (sqlc.narg(endpoint_id)::uuid IS NULL OR endpoint_id = sqlc.narg(endpoint_id))
    AND (sqlc.narg(message_id)::uuid IS NULL OR message_id = sqlc.narg(message_id))
    AND (sqlc.narg(occurred_after)::timestamptz IS NULL OR occurred_at >= sqlc.narg(occurred_after))
    AND (sqlc.narg(occurred_before)::timestamptz IS NULL OR occurred_at < sqlc.narg(occurred_before))
ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: EventsOfType :many
-- As Events, by an index: they may be few among many.
SELECT * FROM events
WHERE tenant_id = $1 AND id < sqlc.arg(before) AND NOT test AND type = sqlc.arg(type)
    AND (sqlc.narg(endpoint_id)::uuid IS NULL OR endpoint_id = sqlc.narg(endpoint_id))
    AND (sqlc.narg(message_id)::uuid IS NULL OR message_id = sqlc.narg(message_id))
    AND (sqlc.narg(occurred_after)::timestamptz IS NULL OR occurred_at >= sqlc.narg(occurred_after))
    AND (sqlc.narg(occurred_before)::timestamptz IS NULL OR occurred_at < sqlc.narg(occurred_before))
ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: EventsByID :many
SELECT e.* FROM (SELECT unnest(sqlc.arg(ids)::uuid[]) AS id) u JOIN events e ON e.id = u.id
WHERE e.tenant_id = sqlc.arg(tenant_id) ORDER BY e.id;

-- name: LatestEventTypes :many
SELECT id, type FROM events WHERE tenant_id = $1 AND NOT test ORDER BY id DESC LIMIT sqlc.arg(max_rows);
