-- +goose Up

-- Requests that an endpoint refused, the last ones of each: what an operator
-- looks at who asks why a producer gets 401. Never what was tried, nor the body.
CREATE TABLE refusals (
    id uuid PRIMARY KEY, -- carries the time
    tenant_id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    remote text NOT NULL, -- the client's address
    status integer NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    fields bytea NOT NULL -- JSON: the bad fields
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
CREATE INDEX refusals_endpoint ON refusals (endpoint_id, id);

-- All of them, counted by day.
CREATE TABLE refusal_counts (
    endpoint_id uuid NOT NULL,
    day date NOT NULL,
    reason text NOT NULL,
    tenant_id uuid NOT NULL,
    status integer NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (endpoint_id, day, reason)
) WITH (fillfactor = 50);

-- +goose StatementBegin
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['refusals', 'refusal_counts'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant ON %I TO posthorn_tenant
            USING (tenant_id = current_setting(''posthorn.tenant'')::uuid)', name);
        EXECUTE format('GRANT SELECT ON %I TO posthorn_tenant', name);
    END LOOP;
END $$;
-- +goose StatementEnd

-- What has expired is found without reading the rest.
CREATE INDEX message_dedup_expires ON message_dedup (expires_at);

-- +goose Down
DROP INDEX message_dedup_expires;
DROP TABLE refusal_counts, refusals;
