-- Every statement here reads a bounded number of rows, however many there are.

-- name: PauseOf :one
SELECT COALESCE((SELECT p.began FROM webhook_pauses p WHERE p.tenant_id = sqlc.arg(tenant_id) AND p.webhook_id = sqlc.arg(webhook_id) AND p.ended IS NULL
        ORDER BY p.generation DESC LIMIT 1), to_timestamp(0))::timestamptz AS began,
    (SELECT count(*) FROM (SELECT FROM deliveries d WHERE d.webhook_id = sqlc.arg(webhook_id) AND d.status = 'held' LIMIT sqlc.arg(max_rows)) h) AS held;

-- name: Arrivals :many
SELECT id, endpoint_id FROM messages WHERE tenant_id = $1 AND id >= sqlc.arg(since) ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: LastDeliveries :many
SELECT id, webhook_id, status, attempts, updated_at FROM deliveries WHERE tenant_id = $1 AND NOT test ORDER BY id DESC LIMIT sqlc.arg(max_rows);
