-- name: ClaimRate :one
-- GCRA: full_at is when the row's bucket is full again. What is granted moves it on.
-- A claim that a crash of the database forgets admits a few requests more, so
-- that its commit need not wait for the disk.
WITH settings AS MATERIALIZED (
    SELECT set_config('synchronous_commit', 'off', true) AS done
), asked AS (
    SELECT extract(epoch FROM statement_timestamp())::float8 AS now, 1 / sqlc.arg(rate)::float8 AS every,
        sqlc.arg(capacity)::float8 / sqlc.arg(rate)::float8 AS room, sqlc.arg(wanted)::integer AS wanted
    FROM settings
)
INSERT INTO endpoint_rates AS r (endpoint_id, full_at, granted)
SELECT sqlc.arg(endpoint_id)::uuid, now + least(wanted, floor(room / every + 1e-6)) * every, least(wanted, floor(room / every + 1e-6))
FROM asked
ON CONFLICT (endpoint_id) DO UPDATE SET (full_at, granted) = (
    SELECT greatest(r.full_at, now) + n * every, n
    FROM asked, LATERAL (
        SELECT least(wanted, greatest(floor((now + room - greatest(r.full_at, now)) / every + 1e-6), 0)) AS n
    ) AS may)
RETURNING granted, (full_at - extract(epoch FROM statement_timestamp()))::float8 AS full_in;
