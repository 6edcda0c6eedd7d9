-- name: Receipts :many
SELECT id, object_key, version_id, record_offset, record_length, sha256, retain_until FROM messages
WHERE id = ANY(sqlc.arg(ids)::uuid[]) AND status = 'archived';
