-- +goose Up

-- What a receiver bears: attempts a second, and attempts at the same time; 0 is
-- no limit. And of the last event whose key could not be told, the reason.
ALTER TABLE webhooks
    ADD COLUMN rate_limit integer NOT NULL DEFAULT 0,
    ADD COLUMN max_in_flight integer NOT NULL DEFAULT 0,
    ADD COLUMN order_error text NOT NULL DEFAULT '',
    ADD COLUMN order_error_event uuid,
    ADD COLUMN order_error_at timestamptz;

-- Deliveries of one webhook and one key are a lane: they go one after another.
-- turn is '' for a delivery that has not asked for its turn or has ended,
-- 'waits' behind another, 'goes' from its first attempt to its end, and 'holds'
-- once it failed and keeps those behind it waiting. place is what a delivery
-- has in the queue for one of its webhook's attempts in flight. One that waits
-- has no workflow and is not due: what ends before it sets it going.
ALTER TABLE deliveries
    ADD COLUMN order_key text, -- null: in no lane
    ADD COLUMN order_seq bigint,
    ADD COLUMN turn text NOT NULL DEFAULT '',
    ADD COLUMN place bigint,
    ADD COLUMN waits boolean NOT NULL GENERATED ALWAYS AS (turn = 'waits' OR place IS NOT NULL) STORED;
CREATE SEQUENCE delivery_order;
GRANT USAGE ON SEQUENCE delivery_order TO posthorn_tenant;
CREATE INDEX deliveries_lane ON deliveries (webhook_id, order_key, order_seq)
    WHERE order_key IS NOT NULL AND (status IN ('pending', 'held') OR due_at IS NOT NULL OR turn <> '');
-- Never two at once, whatever happens.
CREATE UNIQUE INDEX deliveries_goes ON deliveries (webhook_id, order_key) WHERE turn = 'goes';
CREATE INDEX deliveries_waiting ON deliveries (webhook_id, order_key, order_seq) WHERE turn = 'waits';
CREATE INDEX deliveries_holding ON deliveries (webhook_id, order_key, order_seq) WHERE turn = 'holds';
CREATE INDEX deliveries_place ON deliveries (webhook_id, place) WHERE place IS NOT NULL;

-- The delivery that one with a number in a lane, or a new one, has to wait for:
-- the one that goes, one that failed and holds, or the first that is open.
-- +goose StatementBegin
CREATE FUNCTION waits_for(webhook uuid, lane text, seq bigint) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT COALESCE(
        (SELECT d.id FROM deliveries d
            WHERE d.webhook_id = webhook AND d.order_key = lane AND d.turn = 'goes' AND d.order_seq IS DISTINCT FROM seq),
        (SELECT d.id FROM deliveries d
            WHERE d.webhook_id = webhook AND d.order_key = lane AND d.turn = 'holds' AND (seq IS NULL OR d.order_seq < seq)
            ORDER BY d.order_seq LIMIT 1),
        (SELECT d.id FROM deliveries d
            WHERE d.webhook_id = webhook AND d.order_key = lane AND (seq IS NULL OR d.order_seq < seq)
                AND (d.status IN ('pending', 'held') OR d.due_at IS NOT NULL OR d.turn <> '')
            ORDER BY d.order_seq LIMIT 1))
$$;
-- +goose StatementEnd

-- The attempts in flight of a webhook that bounds them. A place that is not
-- given back, since its worker was killed, ends by itself.
CREATE TABLE webhook_places (
    webhook_id uuid NOT NULL,
    delivery_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (webhook_id, delivery_id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
CREATE INDEX webhook_places_expires ON webhook_places (expires_at);

-- The rate of a webhook that bounds it (GCRA), in seconds since 1970.
CREATE TABLE webhook_rates (
    webhook_id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    full_at double precision NOT NULL, -- when the whole burst is there again
    line_at double precision NOT NULL, -- when the last of those who wait comes back
    granted boolean NOT NULL -- to the last claim
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- +goose StatementBegin
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['webhook_places', 'webhook_rates'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant ON %I TO posthorn_tenant
            USING (tenant_id = current_setting(''posthorn.tenant'')::uuid)', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO posthorn_tenant', name);
    END LOOP;
END $$;
-- +goose StatementEnd

-- +goose Down
DROP TABLE webhook_rates, webhook_places;
DROP FUNCTION waits_for;
ALTER TABLE deliveries DROP COLUMN waits, DROP COLUMN place, DROP COLUMN turn, DROP COLUMN order_seq, DROP COLUMN order_key;
DROP SEQUENCE delivery_order;
ALTER TABLE webhooks DROP COLUMN rate_limit, DROP COLUMN max_in_flight, DROP COLUMN order_error,
    DROP COLUMN order_error_event, DROP COLUMN order_error_at;
