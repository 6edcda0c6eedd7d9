-- name: OutboxRows :one
SELECT count(*) FROM (SELECT FROM outbox LIMIT sqlc.arg(max_rows)) o;

-- name: OldestJob :many
-- The oldest among the first rows of each shard. Later runs and other kinds are
-- left out: what they are for was made long before the row.
SELECT r.ref FROM (SELECT generate_series(0, sqlc.arg(shards)::int - 1)::smallint AS shard) s
CROSS JOIN LATERAL (SELECT o.kind, o.ref, o.run FROM outbox o
    WHERE (o.shard, o.id) > (s.shard, 0::bigint) AND o.shard <= s.shard
    ORDER BY o.shard, o.id LIMIT 100) r
WHERE r.run = 0 AND r.kind IN ('message', 'delivery') ORDER BY r.ref LIMIT 1;
