-- name: Enqueue :exec
INSERT INTO outbox (shard, kind, subject, ref, run)
SELECT u.shard, sqlc.arg(kind)::text, u.subject, u.ref, u.run
FROM (SELECT unnest(sqlc.arg(shards)::smallint[]) AS shard, unnest(sqlc.arg(subjects)::uuid[]) AS subject,
    unnest(sqlc.arg(refs)::uuid[]) AS ref, unnest(sqlc.arg(runs)::int[]) AS run) u
ORDER BY u.ref;

-- name: Pending :many
-- Each shard is read in the order of its key, so that a long backlog costs no
-- more than a page of it. A queue's statistics are always old: comparing the
-- key as a row, and the limits of one, leave the planner nothing else to do
-- than to walk the index; "shard = …" would read and sort a whole shard.
SELECT o.id, o.shard, o.kind, o.ref, o.run,
    COALESCE(m.tenant_id, d.tenant_id, p.tenant_id, '00000000-0000-0000-0000-000000000000')::uuid AS tenant_id,
    COALESCE(m.endpoint_id, d.webhook_id, p.webhook_id, '00000000-0000-0000-0000-000000000000')::uuid AS subject_id,
    COALESCE(d.type, '')::text AS event_type, COALESCE(d.url, p.url, '')::text AS url, COALESCE(p.generation, d.generation, 0)::int AS generation,
    COALESCE(d.attempts, 0)::int AS attempts, COALESCE(d.untried, false)::boolean AS untried, COALESCE(d.ordered, false)::boolean AS ordered, COALESCE(d.rate_limit, 0)::int AS rate_limit,
    COALESCE(d.max_in_flight, 0)::int AS max_in_flight,
    COALESCE(d.disable_after, 0)::int AS disable_after, COALESCE(d.consecutive_failures, 0)::int AS failures
FROM (
    SELECT r.id, r.shard, r.kind, r.ref, r.run
    FROM (SELECT unnest(sqlc.arg(shards)::smallint[]) AS shard) s
    CROSS JOIN LATERAL (SELECT * FROM outbox
        WHERE (outbox.shard, outbox.id) > (s.shard, sqlc.arg(after)::bigint) AND outbox.shard <= s.shard
        ORDER BY outbox.shard, outbox.id LIMIT sqlc.arg(max_rows)) r
    ORDER BY r.id LIMIT sqlc.arg(max_rows)
) o
LEFT JOIN LATERAL (SELECT messages.tenant_id, messages.endpoint_id FROM messages
    WHERE o.kind = 'message' AND messages.id = o.ref LIMIT 1) m ON true
LEFT JOIN LATERAL (SELECT deliveries.tenant_id, deliveries.webhook_id, deliveries.attempts, events.type,
        deliveries.status = 'pending' AND deliveries.next_attempt_at IS NULL AND NOT deliveries.test AS untried,
        deliveries.order_key IS NOT NULL AS ordered, webhooks.url, webhooks.rate_limit, webhooks.max_in_flight, webhooks.generation, webhooks.disable_after, webhooks.consecutive_failures FROM deliveries
    JOIN events ON events.id = deliveries.event_id JOIN webhooks ON webhooks.id = deliveries.webhook_id
    WHERE o.kind = 'delivery' AND deliveries.id = o.ref LIMIT 1) d ON true
LEFT JOIN LATERAL (SELECT operations.tenant_id, operations.webhook_id, operations.generation, webhooks.url FROM operations
    JOIN webhooks ON webhooks.id = operations.webhook_id
    WHERE o.kind IN ('resume', 'recover', 'notify') AND operations.id = o.ref LIMIT 1) p ON true
ORDER BY o.id;

-- name: Subjects :many
-- Whose rows there are after a place in the index: it is walked from one to the
-- next, however many rows each has.
WITH RECURSIVE subjects (shard, kind, subject) AS (
    (SELECT o.shard, o.kind, o.subject FROM outbox o
        WHERE o.shard = ANY(sqlc.arg(shards)::smallint[]) AND (o.shard, o.kind, o.subject) > (sqlc.arg(shard)::smallint, sqlc.arg(kind)::text, sqlc.arg(subject)::uuid)
        ORDER BY o.shard, o.kind, o.subject LIMIT 1)
    UNION ALL
    SELECT n.shard, n.kind, n.subject FROM subjects s CROSS JOIN LATERAL (SELECT o.shard, o.kind, o.subject FROM outbox o
        WHERE o.shard = ANY(sqlc.arg(shards)::smallint[]) AND (o.shard, o.kind, o.subject) > (s.shard, s.kind, s.subject)
        ORDER BY o.shard, o.kind, o.subject LIMIT 1) n
)
SELECT shard, kind, subject FROM subjects LIMIT sqlc.arg(max_rows);

-- name: Waiting :many
-- The first rows of some subjects, without those that are known.
SELECT o.id, o.shard, o.kind, o.ref, o.run,
    COALESCE(m.tenant_id, d.tenant_id, p.tenant_id, '00000000-0000-0000-0000-000000000000')::uuid AS tenant_id,
    COALESCE(m.endpoint_id, d.webhook_id, p.webhook_id, '00000000-0000-0000-0000-000000000000')::uuid AS subject_id,
    COALESCE(d.type, '')::text AS event_type, COALESCE(d.url, p.url, '')::text AS url, COALESCE(p.generation, d.generation, 0)::int AS generation,
    COALESCE(d.attempts, 0)::int AS attempts, COALESCE(d.untried, false)::boolean AS untried, COALESCE(d.ordered, false)::boolean AS ordered, COALESCE(d.rate_limit, 0)::int AS rate_limit,
    COALESCE(d.max_in_flight, 0)::int AS max_in_flight,
    COALESCE(d.disable_after, 0)::int AS disable_after, COALESCE(d.consecutive_failures, 0)::int AS failures
FROM (
    SELECT r.id, r.shard, r.kind, r.ref, r.run
    FROM (SELECT unnest(sqlc.arg(shards)::smallint[]) AS shard, unnest(sqlc.arg(kinds)::text[]) AS kind,
        unnest(sqlc.arg(subjects)::uuid[]) AS subject) s
    CROSS JOIN LATERAL (SELECT * FROM outbox
        WHERE (outbox.shard, outbox.kind, outbox.subject) = (s.shard, s.kind, s.subject) AND outbox.id <> ALL(sqlc.arg(known)::bigint[])
        ORDER BY outbox.shard, outbox.kind, outbox.subject, outbox.id LIMIT sqlc.arg(max_rows)) r
) o
LEFT JOIN LATERAL (SELECT messages.tenant_id, messages.endpoint_id FROM messages
    WHERE o.kind = 'message' AND messages.id = o.ref LIMIT 1) m ON true
LEFT JOIN LATERAL (SELECT deliveries.tenant_id, deliveries.webhook_id, deliveries.attempts, events.type,
        deliveries.status = 'pending' AND deliveries.next_attempt_at IS NULL AND NOT deliveries.test AS untried,
        deliveries.order_key IS NOT NULL AS ordered, webhooks.url, webhooks.rate_limit, webhooks.max_in_flight, webhooks.generation, webhooks.disable_after, webhooks.consecutive_failures FROM deliveries
    JOIN events ON events.id = deliveries.event_id JOIN webhooks ON webhooks.id = deliveries.webhook_id
    WHERE o.kind = 'delivery' AND deliveries.id = o.ref LIMIT 1) d ON true
LEFT JOIN LATERAL (SELECT operations.tenant_id, operations.webhook_id, operations.generation, webhooks.url FROM operations
    JOIN webhooks ON webhooks.id = operations.webhook_id
    WHERE o.kind IN ('resume', 'recover', 'notify') AND operations.id = o.ref LIMIT 1) p ON true
ORDER BY o.id;

-- name: LastJob :one
SELECT COALESCE(max(l.id), 0)::bigint FROM (SELECT unnest(sqlc.arg(shards)::smallint[]) AS shard) s
CROSS JOIN LATERAL (SELECT o.id FROM outbox o WHERE o.shard = s.shard ORDER BY o.id DESC LIMIT 1) l;

-- name: Started :exec
DELETE FROM outbox WHERE (shard, id) IN (
    SELECT unnest(sqlc.arg(shards)::smallint[]), unnest(sqlc.arg(ids)::bigint[]));

-- name: OverdueMessages :many
-- As OverdueDeliveries does.
SELECT id, endpoint_id, run FROM messages
WHERE id NOT IN (SELECT o.ref FROM outbox o WHERE o.kind = 'message') AND due_at < now() - make_interval(secs => sqlc.arg(grace)::float8) ORDER BY due_at LIMIT sqlc.arg(max_rows);

-- name: OverdueDeliveries :many
-- What waits in the outbox is not lost. The list of it is hashed, so that this
-- costs no more than reading it once.
SELECT id, webhook_id, run FROM deliveries
WHERE id NOT IN (SELECT o.ref FROM outbox o WHERE o.kind = 'delivery') AND due_at < now() - make_interval(secs => sqlc.arg(grace)::float8) ORDER BY due_at LIMIT sqlc.arg(max_rows);

-- name: OverdueOperations :many
SELECT id, webhook_id, kind, generation, run FROM operations
WHERE id NOT IN (SELECT o.ref FROM outbox o WHERE o.kind NOT IN ('message', 'delivery')) AND due_at < now() - make_interval(secs => sqlc.arg(grace)::float8) ORDER BY due_at LIMIT sqlc.arg(max_rows);

-- name: PostponeMessage :exec
UPDATE messages SET due_at = now() WHERE id = $1 AND due_at IS NOT NULL;

-- name: PostponeDelivery :exec
UPDATE deliveries SET due_at = now() WHERE id = $1 AND due_at IS NOT NULL;

-- name: RerunMessage :one
UPDATE messages SET run = run + 1, due_at = now() WHERE id = $1 AND run = $2 AND due_at IS NOT NULL RETURNING run;

-- name: RerunDelivery :one
UPDATE deliveries SET run = run + 1, dispatch = NULL, due_at = now() WHERE id = $1 AND run = $2 AND due_at IS NOT NULL RETURNING run;

-- name: PostponeOperation :exec
UPDATE operations SET due_at = now() WHERE id = $1 AND due_at IS NOT NULL;

-- name: RerunOperation :one
UPDATE operations SET run = run + 1, due_at = now() WHERE id = $1 AND run = $2 AND due_at IS NOT NULL RETURNING run;
