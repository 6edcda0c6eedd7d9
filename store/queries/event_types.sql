-- name: PutEventType :one
INSERT INTO event_types (tenant_id, type, description, schema) VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant_id, type) DO UPDATE SET description = excluded.description, schema = excluded.schema, updated_at = now()
RETURNING *;

-- name: EventTypes :many
SELECT * FROM event_types WHERE tenant_id = $1 ORDER BY type;

-- name: EventType :one
SELECT * FROM event_types WHERE tenant_id = $1 AND type = $2;

-- name: CountEventTypes :one
SELECT count(*) FROM event_types WHERE tenant_id = $1 AND type <> $2;
