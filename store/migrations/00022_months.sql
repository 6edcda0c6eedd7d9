-- +goose Up

-- Messages with what they are found by, events, and attempts by their
-- deliveries lie in partitions by month (UTC), which are made ahead of time. A
-- default partition takes ids of other months, so that nothing is refused.

-- +goose StatementBegin
DO $$
BEGIN
    IF (SELECT relkind FROM pg_class WHERE oid = 'messages'::regclass) <> 'p' THEN
        RAISE EXCEPTION 'this database was made by a version before the first release, whose tables are not partitioned'
            USING HINT = 'Begin with an empty database.';
    END IF;
END $$;
-- +goose StatementEnd

-- The smallest UUIDv7 of a time.
CREATE FUNCTION first_id(at timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (lpad(to_hex(greatest(extract(epoch FROM at) * 1000, 0)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

CREATE FUNCTION monthly_tables() RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT ARRAY['messages', 'message_search', 'events', 'attempts']
$$;

-- Makes the partitions of a month that are missing, and answers how many. A
-- partition is made as a table and then attached, which keeps nobody waiting
-- but who reads the default partition. Nobody but the owner has rights on
-- it: a tenant's role reaches it only through the table, whose policy binds it.
-- A month of which the default partition has many rows stays in there: moving
-- them would stop everybody.
-- +goose StatementBegin
CREATE FUNCTION make_month(month date) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    parent text;
    part text;
    key text;
    range text;
    stray bigint;
    made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('posthorn months', 0)); -- two at once would meet each other's names
    FOREACH parent IN ARRAY monthly_tables() LOOP
        part := parent || to_char(month, '_YYYY_MM');
        CONTINUE WHEN to_regclass(part) IS NOT NULL;
        SELECT attname INTO key FROM pg_attribute a JOIN pg_partitioned_table p ON p.partrelid = a.attrelid AND a.attnum = p.partattrs[0]
        WHERE p.partrelid = parent::regclass;
        range := format('%1$I >= %2$L AND %1$I < %3$L', key,
            first_id(month::timestamp AT TIME ZONE 'UTC'), first_id((month + interval '1 month')::timestamp AT TIME ZONE 'UTC'));
        EXECUTE format('SELECT count(*) FROM (SELECT FROM %I WHERE %s LIMIT 10001) s', parent || '_default', range) INTO stray;
        CONTINUE WHEN stray > 10000;
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', part, parent);
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', part);
        IF stray > 0 THEN
            EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', parent || '_default');
            EXECUTE format('WITH moved AS (DELETE FROM %I WHERE %s RETURNING *) INSERT INTO %I SELECT * FROM moved',
                parent || '_default', range, part);
        END IF;
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, part,
            first_id(month::timestamp AT TIME ZONE 'UTC'), first_id((month + interval '1 month')::timestamp AT TIME ZONE 'UTC'));
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;
-- +goose StatementEnd

-- Makes those of this month and the next ones; answers with those of which
-- something was missing.
CREATE FUNCTION make_months(ahead integer) RETURNS SETOF date LANGUAGE sql AS $$
    SELECT w.month FROM (SELECT m.month, make_month(m.month) AS made
        FROM (SELECT (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => n))::date AS month
            FROM generate_series(0, ahead) n) m) w
    WHERE w.made > 0
$$;

-- The months that have partitions, oldest first, with the tables that do.
CREATE FUNCTION months() RETURNS TABLE (month date, parents text[]) LANGUAGE sql STABLE AS $$
    SELECT to_date(substring(c.relname FROM '_(\d{4}_\d{2})$'), 'YYYY_MM'), array_agg(p.relname::text)
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
    WHERE i.inhparent = ANY(monthly_tables()::regclass[]) AND c.relname NOT LIKE '%\_default'
    GROUP BY 1 ORDER BY 1
$$;

-- +goose StatementBegin
CREATE FUNCTION drop_month(parent text, month date) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DROP TABLE IF EXISTS %I', parent || to_char(month, '_YYYY_MM'));
END $$;
-- +goose StatementEnd

-- Whether default partitions have rows, which never go.
-- +goose StatementBegin
CREATE FUNCTION has_strays() RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM messages_default) OR EXISTS (SELECT FROM events_default) OR EXISTS (SELECT FROM attempts_default);
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
DO $$
DECLARE parent text;
BEGIN
    FOREACH parent IN ARRAY monthly_tables() LOOP
        EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', parent || '_default', parent);
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', parent || '_default');
    END LOOP;
END $$;
-- +goose StatementEnd
SELECT make_months(2);

-- What belongs to events that go with their month. Both tables are written in
-- the order of time, so that a summary of their pages is enough.
CREATE INDEX event_ids_event ON event_ids USING brin (event_id) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX transitions_event ON transitions USING brin (event_id) WITH (pages_per_range = 32, autosummarize = on);

-- +goose Down
DROP INDEX transitions_event, event_ids_event;
-- +goose StatementBegin
DO $$
DECLARE name regclass;
BEGIN
    FOR name IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent::regclass::text = ANY(monthly_tables()) LOOP
        EXECUTE format('DROP TABLE %s', name);
    END LOOP;
END $$;
-- +goose StatementEnd
DROP FUNCTION has_strays, drop_month, months, make_months, make_month, monthly_tables, first_id;
