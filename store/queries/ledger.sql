-- name: Ledger :many
-- One statement, one snapshot: the totals and what is not added to them yet.
SELECT l.subject_id, COALESCE(e.name, w.name, '')::text AS name, (w.id IS NOT NULL)::boolean AS webhook,
    l.accepted, l.archived, l.unarchived, l.made, l.delivered, l.pending, l.held, l.failed, l.cancelled
FROM (
    SELECT c.subject_id, COALESCE(sum(c.accepted), 0)::bigint AS accepted, COALESCE(sum(c.archived), 0)::bigint AS archived,
        COALESCE(sum(c.unarchived), 0)::bigint AS unarchived, COALESCE(sum(c.made), 0)::bigint AS made,
        COALESCE(sum(c.delivered), 0)::bigint AS delivered, COALESCE(sum(c.pending), 0)::bigint AS pending,
        COALESCE(sum(c.held), 0)::bigint AS held, COALESCE(sum(c.failed), 0)::bigint AS failed,
        COALESCE(sum(c.cancelled), 0)::bigint AS cancelled
    FROM (SELECT * FROM ledger_totals WHERE ledger_totals.tenant_id = sqlc.arg(tenant_id)
        UNION ALL SELECT * FROM ledger_changes WHERE ledger_changes.tenant_id = sqlc.arg(tenant_id)) c
    GROUP BY c.subject_id) l
LEFT JOIN endpoints e ON e.tenant_id = sqlc.arg(tenant_id) AND e.id = l.subject_id
LEFT JOIN webhooks w ON w.tenant_id = sqlc.arg(tenant_id) AND w.id = l.subject_id
ORDER BY l.subject_id;

-- name: LedgerDifferences :one
-- Counts every row of the tenant, in one snapshot with the ledger: endpoints
-- and webhooks whose numbers differ.
SELECT count(*) FROM (
    SELECT c.subject_id, COALESCE(sum(c.accepted), 0) AS accepted, COALESCE(sum(c.archived), 0) AS archived,
        COALESCE(sum(c.unarchived), 0) AS unarchived, COALESCE(sum(c.made), 0) AS made, COALESCE(sum(c.delivered), 0) AS delivered,
        COALESCE(sum(c.pending), 0) AS pending, COALESCE(sum(c.held), 0) AS held, COALESCE(sum(c.failed), 0) AS failed,
        COALESCE(sum(c.cancelled), 0) AS cancelled
    FROM (SELECT * FROM ledger_totals WHERE ledger_totals.tenant_id = sqlc.arg(tenant_id)
        UNION ALL SELECT * FROM ledger_changes WHERE ledger_changes.tenant_id = sqlc.arg(tenant_id)) c
    WHERE NOT c.gone GROUP BY c.subject_id) l
FULL JOIN (
    SELECT m.endpoint_id AS subject_id, count(*) AS accepted, count(*) FILTER (WHERE m.status = 'archived') AS archived,
        count(*) FILTER (WHERE m.status = 'accepted') AS unarchived, 0 AS made, 0 AS delivered, 0 AS pending, 0 AS held,
        0 AS failed, 0 AS cancelled
    FROM messages m WHERE m.tenant_id = sqlc.arg(tenant_id) GROUP BY m.endpoint_id
    UNION ALL
    SELECT d.webhook_id, 0, 0, 0, count(*), count(*) FILTER (WHERE d.status = 'delivered'),
        count(*) FILTER (WHERE d.status = 'pending'), count(*) FILTER (WHERE d.status = 'held'),
        count(*) FILTER (WHERE d.status = 'failed'), count(*) FILTER (WHERE d.status = 'cancelled')
    FROM deliveries d WHERE d.tenant_id = sqlc.arg(tenant_id) AND NOT d.test GROUP BY d.webhook_id) r
ON r.subject_id = l.subject_id
WHERE (COALESCE(l.accepted, 0), COALESCE(l.archived, 0), COALESCE(l.unarchived, 0), COALESCE(l.made, 0), COALESCE(l.delivered, 0),
        COALESCE(l.pending, 0), COALESCE(l.held, 0), COALESCE(l.failed, 0), COALESCE(l.cancelled, 0))
    <> (COALESCE(r.accepted, 0), COALESCE(r.archived, 0), COALESCE(r.unarchived, 0), COALESCE(r.made, 0), COALESCE(r.delivered, 0),
        COALESCE(r.pending, 0), COALESCE(r.held, 0), COALESCE(r.failed, 0), COALESCE(r.cancelled, 0));

-- name: LedgerOfAll :one
SELECT COALESCE(sum(c.accepted), 0)::bigint AS accepted, COALESCE(sum(c.archived), 0)::bigint AS archived,
    COALESCE(sum(c.unarchived), 0)::bigint AS unarchived, COALESCE(sum(c.made), 0)::bigint AS made,
    COALESCE(sum(c.delivered), 0)::bigint AS delivered, COALESCE(sum(c.pending), 0)::bigint AS pending,
    COALESCE(sum(c.held), 0)::bigint AS held, COALESCE(sum(c.failed), 0)::bigint AS failed,
    COALESCE(sum(c.cancelled), 0)::bigint AS cancelled
FROM (SELECT * FROM ledger_totals UNION ALL SELECT * FROM ledger_changes) c;

-- name: OldestMessage :many
-- The oldest that is not archived.
SELECT id FROM messages WHERE tenant_id = $1 AND status = 'accepted' ORDER BY id LIMIT 1;

-- name: OldestDelivery :many
-- The oldest that is on its way.
SELECT id FROM deliveries WHERE tenant_id = $1 AND status = 'pending' AND NOT test ORDER BY id LIMIT 1;

-- name: DueDeliveries :one
-- Those on their way that do not wait for their next attempt's time.
SELECT count(*) FROM (
    SELECT FROM webhooks w CROSS JOIN LATERAL (
        SELECT FROM deliveries d WHERE d.webhook_id = w.id AND d.due_at <= now() AND d.status = 'pending' AND NOT d.test
        LIMIT sqlc.arg(max_rows)) d
    WHERE w.tenant_id = sqlc.arg(tenant_id) LIMIT sqlc.arg(max_rows)) due;

-- name: FoldLedger :one
-- Adds changes to the totals. What another pruner has taken is left to it.
WITH taken AS (
    DELETE FROM ledger_changes WHERE ctid = ANY(ARRAY(
        SELECT c.ctid FROM ledger_changes c LIMIT sqlc.arg(max_rows) FOR UPDATE SKIP LOCKED))
    RETURNING *
), added AS (
    INSERT INTO ledger_totals AS l (tenant_id, subject_id, gone, accepted, archived, unarchived, made, delivered, pending, held, failed, cancelled)
    SELECT tenant_id, subject_id, gone, COALESCE(sum(accepted), 0), COALESCE(sum(archived), 0), COALESCE(sum(unarchived), 0),
        COALESCE(sum(made), 0), COALESCE(sum(delivered), 0), COALESCE(sum(pending), 0), COALESCE(sum(held), 0),
        COALESCE(sum(failed), 0), COALESCE(sum(cancelled), 0)
    FROM taken GROUP BY tenant_id, subject_id, gone ORDER BY tenant_id, subject_id, gone
    ON CONFLICT (tenant_id, subject_id, gone) DO UPDATE SET
        accepted = l.accepted + excluded.accepted, archived = l.archived + excluded.archived,
        unarchived = l.unarchived + excluded.unarchived, made = l.made + excluded.made,
        delivered = l.delivered + excluded.delivered, pending = l.pending + excluded.pending, held = l.held + excluded.held,
        failed = l.failed + excluded.failed, cancelled = l.cancelled + excluded.cancelled
)
SELECT count(*) FROM taken;
