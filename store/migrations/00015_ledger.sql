-- +goose Up

-- The ledger: how many messages and deliveries of each endpoint and webhook are
-- in which state. Triggers keep it, so that no statement can forget it, and no
-- big table is ever counted: each statement that changes states adds one row
-- for each endpoint or webhook (nobody waits for a counter), which the pruner
-- adds to the totals. Both together are the ledger, in any snapshot.

-- A row has numbers of messages, or of deliveries; the others are null.
CREATE TABLE ledger_changes (
    tenant_id uuid NOT NULL,
    subject_id uuid NOT NULL, -- endpoint or webhook
    accepted bigint, -- messages that ever were
    archived bigint,
    unarchived bigint,
    made bigint, -- deliveries that ever were, apart from tests
    delivered bigint,
    pending bigint,
    held bigint,
    failed bigint,
    cancelled bigint,
    -- Of rows that were deleted since: they stay counted, and are not found when
    -- somebody counts again. A partition that is dropped adds its numbers here,
    -- and takes them away from the others.
    gone boolean NOT NULL DEFAULT false
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000);

CREATE TABLE ledger_totals (
    tenant_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    accepted bigint NOT NULL,
    archived bigint NOT NULL,
    unarchived bigint NOT NULL,
    made bigint NOT NULL,
    delivered bigint NOT NULL,
    pending bigint NOT NULL,
    held bigint NOT NULL,
    failed bigint NOT NULL,
    cancelled bigint NOT NULL,
    gone boolean NOT NULL,
    PRIMARY KEY (tenant_id, subject_id, gone)
) WITH (fillfactor = 50);

-- +goose StatementBegin
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['ledger_changes', 'ledger_totals'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant ON %I TO posthorn_tenant
            USING (tenant_id = current_setting(''posthorn.tenant'')::uuid)', name);
        EXECUTE format('GRANT SELECT ON %I TO posthorn_tenant', name);
    END LOOP;
END $$;
-- +goose StatementEnd
GRANT INSERT ON ledger_changes TO posthorn_tenant; -- by its statements' triggers

-- +goose StatementBegin
CREATE FUNCTION ledger_messages() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO ledger_changes (tenant_id, subject_id, accepted, archived, unarchived)
        SELECT tenant_id, endpoint_id, count(*), count(*) FILTER (WHERE status = 'archived'),
            count(*) FILTER (WHERE status = 'accepted')
        FROM added GROUP BY tenant_id, endpoint_id;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO ledger_changes (tenant_id, subject_id, archived, unarchived)
        SELECT tenant_id, endpoint_id, sum(n) FILTER (WHERE status = 'archived'), sum(n) FILTER (WHERE status = 'accepted')
        FROM (SELECT tenant_id, endpoint_id, status, 1 AS n FROM added
            UNION ALL SELECT tenant_id, endpoint_id, status, -1 FROM removed) c
        GROUP BY tenant_id, endpoint_id
        HAVING sum(n) FILTER (WHERE status = 'archived') <> 0 OR sum(n) FILTER (WHERE status = 'accepted') <> 0;
    ELSE
        INSERT INTO ledger_changes (tenant_id, subject_id, gone, accepted, archived, unarchived)
        SELECT tenant_id, endpoint_id, gone, sum(n), sum(n) FILTER (WHERE status = 'archived'),
            sum(n) FILTER (WHERE status = 'accepted')
        FROM removed, (VALUES (true, 1), (false, -1)) AS moved (gone, n)
        GROUP BY tenant_id, endpoint_id, gone;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION ledger_deliveries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO ledger_changes (tenant_id, subject_id, made, delivered, pending, held, failed, cancelled)
        SELECT tenant_id, webhook_id, count(*), count(*) FILTER (WHERE status = 'delivered'),
            count(*) FILTER (WHERE status = 'pending'), count(*) FILTER (WHERE status = 'held'),
            count(*) FILTER (WHERE status = 'failed'), count(*) FILTER (WHERE status = 'cancelled')
        FROM added WHERE NOT test GROUP BY tenant_id, webhook_id;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO ledger_changes (tenant_id, subject_id, delivered, pending, held, failed, cancelled)
        SELECT * FROM (
            SELECT tenant_id, webhook_id, sum(n) FILTER (WHERE status = 'delivered') AS delivered,
                sum(n) FILTER (WHERE status = 'pending') AS pending, sum(n) FILTER (WHERE status = 'held') AS held,
                sum(n) FILTER (WHERE status = 'failed') AS failed, sum(n) FILTER (WHERE status = 'cancelled') AS cancelled
            FROM (SELECT tenant_id, webhook_id, status, 1 AS n FROM added WHERE NOT test
                UNION ALL SELECT tenant_id, webhook_id, status, -1 FROM removed WHERE NOT test) c
            GROUP BY tenant_id, webhook_id) s
        WHERE delivered <> 0 OR pending <> 0 OR held <> 0 OR failed <> 0 OR cancelled <> 0;
    ELSE
        INSERT INTO ledger_changes (tenant_id, subject_id, gone, made, delivered, pending, held, failed, cancelled)
        SELECT tenant_id, webhook_id, gone, sum(n), sum(n) FILTER (WHERE status = 'delivered'),
            sum(n) FILTER (WHERE status = 'pending'), sum(n) FILTER (WHERE status = 'held'),
            sum(n) FILTER (WHERE status = 'failed'), sum(n) FILTER (WHERE status = 'cancelled')
        FROM removed, (VALUES (true, 1), (false, -1)) AS moved (gone, n)
        WHERE NOT test GROUP BY tenant_id, webhook_id, gone;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- Triggers with transition tables take one kind of statement each.
-- +goose StatementBegin
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['messages', 'deliveries'] LOOP
        EXECUTE format('CREATE TRIGGER ledger_insert AFTER INSERT ON %1$I
            REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger_%1$s()', name);
        EXECUTE format('CREATE TRIGGER ledger_update AFTER UPDATE ON %1$I
            REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger_%1$s()', name);
        EXECUTE format('CREATE TRIGGER ledger_delete AFTER DELETE ON %1$I
            REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION ledger_%1$s()', name);
    END LOOP;
END $$;
-- +goose StatementEnd

-- What there is already.
INSERT INTO ledger_changes (tenant_id, subject_id, accepted, archived, unarchived)
SELECT tenant_id, endpoint_id, count(*), count(*) FILTER (WHERE status = 'archived'), count(*) FILTER (WHERE status = 'accepted')
FROM messages GROUP BY tenant_id, endpoint_id;
INSERT INTO ledger_changes (tenant_id, subject_id, made, delivered, pending, held, failed, cancelled)
SELECT tenant_id, webhook_id, count(*), count(*) FILTER (WHERE status = 'delivered'),
    count(*) FILTER (WHERE status = 'pending'), count(*) FILTER (WHERE status = 'held'),
    count(*) FILTER (WHERE status = 'failed'), count(*) FILTER (WHERE status = 'cancelled')
FROM deliveries WHERE NOT test GROUP BY tenant_id, webhook_id;

-- The rows behind the numbers, where they are few among many: what is not done.
CREATE INDEX messages_open ON messages (tenant_id, id) WHERE status = 'accepted';
CREATE INDEX deliveries_undelivered ON deliveries (tenant_id, status, id) WHERE status <> 'delivered';

-- +goose Down
DROP INDEX deliveries_undelivered, messages_open;
DROP TRIGGER ledger_insert ON messages;
DROP TRIGGER ledger_update ON messages;
DROP TRIGGER ledger_delete ON messages;
DROP TRIGGER ledger_insert ON deliveries;
DROP TRIGGER ledger_update ON deliveries;
DROP TRIGGER ledger_delete ON deliveries;
DROP FUNCTION ledger_messages, ledger_deliveries;
DROP TABLE ledger_totals, ledger_changes;
