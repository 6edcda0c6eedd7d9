-- Ids tell the month: every range here is one of ids, from the first of the
-- month to the first of the next.

-- name: MakeMonths :many
SELECT to_char(made, 'YYYY-MM')::text AS month FROM make_months(sqlc.arg(ahead)) AS made;

-- name: PastMonths :many
-- The last day of a month is not past before every clock says so.
SELECT to_char(m.month, 'YYYY-MM')::text AS month FROM months() m
WHERE m.month + interval '1 month' < now() AT TIME ZONE 'UTC' - interval '1 day' ORDER BY m.month;

-- name: TablesOfMonth :one
SELECT COALESCE((SELECT m.parents FROM months() m WHERE m.month = to_date(sqlc.arg(month), 'YYYY-MM')), '{}')::text[] AS parents;

-- name: KeepsMonth :one
-- Why a month's messages and events stay; '' where nothing keeps them. What is
-- found by small indexes is asked first.
SELECT (CASE
    WHEN EXISTS (SELECT FROM messages m WHERE m.id >= sqlc.arg(first_id)::uuid AND m.id < sqlc.arg(next_id)::uuid AND m.status = 'accepted')
        THEN 'a message is not archived'
    WHEN EXISTS (SELECT FROM deliveries d WHERE d.event_id >= sqlc.arg(first_id) AND d.event_id < sqlc.arg(next_id) AND d.status = 'held')
        THEN 'a delivery is held'
    WHEN EXISTS (SELECT FROM deliveries d WHERE d.event_id >= sqlc.arg(first_id) AND d.event_id < sqlc.arg(next_id) AND d.status = 'pending')
        OR EXISTS (SELECT FROM deliveries d WHERE d.event_id >= sqlc.arg(first_id) AND d.event_id < sqlc.arg(next_id) AND d.due_at IS NOT NULL)
        OR EXISTS (SELECT FROM deliveries d WHERE d.event_id >= sqlc.arg(first_id) AND d.event_id < sqlc.arg(next_id) AND d.place IS NOT NULL)
        OR EXISTS (SELECT FROM deliveries d WHERE d.event_id >= sqlc.arg(first_id) AND d.event_id < sqlc.arg(next_id)
            AND d.order_key IS NOT NULL AND d.turn <> '')
        THEN 'a delivery is not finished'
    WHEN EXISTS (SELECT FROM messages m WHERE m.id >= sqlc.arg(first_id) AND m.id < sqlc.arg(next_id) AND m.retain_until > now())
        THEN 'a message is retained'
    WHEN EXISTS (SELECT FROM events e LEFT JOIN endpoints p ON p.id = e.endpoint_id
        WHERE e.id >= sqlc.arg(first_id) AND e.id < sqlc.arg(next_id)
            AND e.id >= first_id(now() - make_interval(secs => LEAST(COALESCE(p.retention, sqlc.arg(retention)::bigint), 10000000000))))
        THEN 'an event is retained'
    ELSE '' END)::text AS reason;

-- name: DropDeliveries :one
-- The next finished deliveries of events of a month, and those of their
-- attempts that lie in another month's partition: it was recovered later. Where
-- somebody set one going again it is left, and keeps the month.
WITH chosen AS MATERIALIZED (
    SELECT d.id, d.event_id FROM deliveries d WHERE d.id = ANY(ARRAY(
            (SELECT o.id FROM deliveries o WHERE o.event_id >= sqlc.arg(after)::uuid AND o.event_id < sqlc.arg(next_id)::uuid AND NOT o.test
                ORDER BY o.event_id LIMIT sqlc.arg(max_rows)::int)
            UNION ALL
            (SELECT t.id FROM deliveries t WHERE t.event_id >= sqlc.arg(after) AND t.event_id < sqlc.arg(next_id) AND t.test
                ORDER BY t.event_id LIMIT sqlc.arg(max_rows))))
        AND d.status NOT IN ('pending', 'held') AND d.due_at IS NULL AND NOT d.waits AND d.turn = ''
    ORDER BY d.event_id LIMIT sqlc.arg(max_rows) FOR UPDATE SKIP LOCKED),
gone AS (DELETE FROM deliveries WHERE id = ANY(ARRAY(SELECT c.id FROM chosen c)) RETURNING id),
elsewhere AS (DELETE FROM attempts a WHERE a.delivery_id = ANY(ARRAY(
    SELECT c.id FROM chosen c WHERE c.id < sqlc.arg(first_id)::uuid OR c.id >= sqlc.arg(next_id))))
SELECT (SELECT count(*) FROM gone) AS count,
    COALESCE((SELECT c.event_id FROM chosen c ORDER BY c.event_id DESC LIMIT 1), sqlc.arg(next_id))::uuid AS last;

-- name: DropEventIDs :execrows
DELETE FROM event_ids WHERE ctid = ANY(ARRAY(
    SELECT i.ctid FROM event_ids i WHERE i.event_id >= sqlc.arg(first_id)::uuid AND i.event_id < sqlc.arg(next_id)::uuid LIMIT sqlc.arg(max_rows)));

-- name: DropTransitions :execrows
DELETE FROM transitions WHERE ctid = ANY(ARRAY(
    SELECT t.ctid FROM transitions t WHERE t.event_id >= sqlc.arg(first_id)::uuid AND t.event_id < sqlc.arg(next_id)::uuid LIMIT sqlc.arg(max_rows)));

-- name: DropAttachments :execrows
DELETE FROM attachments WHERE ctid = ANY(ARRAY(
    SELECT a.ctid FROM attachments a WHERE a.message_id >= sqlc.arg(first_id)::uuid AND a.message_id < sqlc.arg(next_id)::uuid LIMIT sqlc.arg(max_rows)));

-- name: DropSegments :execrows
-- Without those of which a message, of another month, is still to be marked.
DELETE FROM segments WHERE id = ANY(ARRAY(
    SELECT s.id FROM segments s WHERE s.id >= sqlc.arg(first_id)::uuid AND s.id < sqlc.arg(next_id)::uuid
        AND NOT EXISTS (SELECT FROM messages m WHERE m.tenant_id = s.tenant_id AND m.status = 'accepted' AND m.id = ANY(s.messages))
    LIMIT sqlc.arg(max_rows)));

-- name: DropBatches :execrows
-- Likewise.
DELETE FROM batches WHERE id = ANY(ARRAY(
    SELECT b.id FROM batches b WHERE b.id >= sqlc.arg(first_id)::uuid AND b.id < sqlc.arg(next_id)::uuid
        AND NOT EXISTS (SELECT FROM messages m WHERE m.tenant_id = b.tenant_id AND m.status = 'accepted' AND m.batch_id = b.id)
    LIMIT sqlc.arg(max_rows)));

-- name: CountGone :one
-- Writes a month's messages into the ledger as gone, and says how many they are.
WITH counted AS (
    SELECT m.tenant_id, m.endpoint_id, count(*) AS accepted, count(*) FILTER (WHERE m.status = 'archived') AS archived,
        count(*) FILTER (WHERE m.status = 'accepted') AS unarchived
    FROM messages m WHERE m.id >= sqlc.arg(first_id)::uuid AND m.id < sqlc.arg(next_id)::uuid GROUP BY m.tenant_id, m.endpoint_id),
written AS (
    INSERT INTO ledger_changes (tenant_id, subject_id, gone, accepted, archived, unarchived)
    SELECT c.tenant_id, c.endpoint_id, t.gone, t.n * c.accepted, t.n * c.archived, t.n * c.unarchived
    FROM counted c, (VALUES (true, 1), (false, -1)) AS t (gone, n))
SELECT COALESCE(sum(c.accepted), 0)::bigint FROM counted c;

-- name: ForgetMessages :exec
-- What else speaks of a month's messages. A place in the queue of those that
-- are to be found would stay there for good.
WITH queued AS (DELETE FROM search_queue q WHERE q.message_id >= sqlc.arg(first_id)::uuid AND q.message_id < sqlc.arg(next_id)::uuid)
DELETE FROM archive_faults f WHERE f.message_id >= sqlc.arg(first_id) AND f.message_id < sqlc.arg(next_id);

-- name: DropMonth :exec
SELECT drop_month(sqlc.arg(parent), to_date(sqlc.arg(month), 'YYYY-MM'));

-- name: HasDeliveries :one
-- Of a month's events, or made in the month.
SELECT (EXISTS (SELECT FROM deliveries d WHERE d.event_id >= sqlc.arg(first_id)::uuid AND d.event_id < sqlc.arg(next_id)::uuid AND NOT d.test)
        OR EXISTS (SELECT FROM deliveries d WHERE d.event_id >= sqlc.arg(first_id) AND d.event_id < sqlc.arg(next_id) AND d.test))::boolean AS of_events,
    EXISTS (SELECT FROM deliveries d WHERE d.id >= sqlc.arg(first_id) AND d.id < sqlc.arg(next_id)) AS made;

-- name: HasStrays :one
SELECT has_strays();
