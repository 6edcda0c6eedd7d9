-- name: Receipts :many
SELECT m.id, m.object_key, m.version_id, m.record_offset, m.record_length, m.sha256, m.retain_until
FROM (SELECT unnest(sqlc.arg(ids)::uuid[]) AS id) u JOIN messages m ON m.id = u.id WHERE m.status = 'archived';
