-- What has expired is deleted a batch at a time. Rows that somebody holds are
-- left for the next batch: pruning waits for nobody.

-- name: PruneKeys :execrows
DELETE FROM message_dedup d USING (
    SELECT k.endpoint_id, k.key_hash FROM message_dedup k WHERE k.expires_at <= now()
    ORDER BY k.expires_at LIMIT sqlc.arg(max_rows) FOR UPDATE SKIP LOCKED) gone
WHERE d.endpoint_id = gone.endpoint_id AND d.key_hash = gone.key_hash;

-- name: PruneRefusals :execrows
DELETE FROM refusals WHERE id IN (
    SELECT r.id FROM refusals r WHERE r.id < sqlc.arg(before) ORDER BY r.id LIMIT sqlc.arg(max_rows) FOR UPDATE SKIP LOCKED);

-- name: PruneRefusalCounts :execrows
DELETE FROM refusal_counts c USING (
    SELECT o.endpoint_id, o.day, o.reason FROM refusal_counts o WHERE o.day <= current_date - sqlc.arg(days)::int
    LIMIT sqlc.arg(max_rows) FOR UPDATE SKIP LOCKED) gone
WHERE c.endpoint_id = gone.endpoint_id AND c.day = gone.day AND c.reason = gone.reason;

-- name: PruneIdempotency :execrows
DELETE FROM idempotent_requests i USING (
    SELECT r.tenant_id, r.key_hash FROM idempotent_requests r WHERE r.created_at < now() - interval '24 hours'
    ORDER BY r.created_at LIMIT sqlc.arg(max_rows) FOR UPDATE SKIP LOCKED) gone
WHERE i.tenant_id = gone.tenant_id AND i.key_hash = gone.key_hash;

-- name: PruneOperations :execrows
-- What says that people were told once of a webhook's generation, or that what
-- it held was resumed, stays while the webhook is of that generation.
DELETE FROM operations WHERE id IN (
    SELECT o.id FROM operations o
    WHERE o.status <> 'running' AND o.updated_at < now() - make_interval(days => sqlc.arg(days)::int)
        AND NOT EXISTS (SELECT FROM webhooks w WHERE w.id = o.webhook_id AND w.deleted_at IS NULL
            AND o.kind <> 'recover' AND o.generation >= w.generation)
    ORDER BY o.updated_at LIMIT sqlc.arg(max_rows) FOR UPDATE OF o SKIP LOCKED);

-- name: PrunePublicKeys :execrows
DELETE FROM public_keys WHERE id IN (
    SELECT k.id FROM public_keys k WHERE k.expires_at <= now() LIMIT sqlc.arg(max_rows) FOR UPDATE SKIP LOCKED);

-- name: PruneArchiveFaults :execrows
DELETE FROM archive_faults WHERE message_id IN (
    SELECT f.message_id FROM archive_faults f LEFT JOIN messages m ON m.id = f.message_id
    WHERE m.status = 'archived' OR m.id IS NULL LIMIT sqlc.arg(max_rows) FOR UPDATE OF f SKIP LOCKED);
