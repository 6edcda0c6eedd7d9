-- +goose Up

-- Endpoints that receive a provider's callbacks: each of their secrets is a
-- provider_config.
ALTER TABLE endpoints
    ADD COLUMN provider text NOT NULL DEFAULT '', -- '': a producer's own messages
    ADD COLUMN public_url text NOT NULL DEFAULT ''; -- '': the deployment's

-- What providers said of their messages: an endpoint publishes each once, and
-- keeps all of them, in whatever order they came.
CREATE TABLE transitions (
    endpoint_id uuid NOT NULL,
    key_hash bytea NOT NULL, -- SHA-256 of the event's dedupe_key
    tenant_id uuid NOT NULL,
    event_id uuid NOT NULL,
    subject bytea NOT NULL, -- SHA-256 of the provider's id of the message
    recipient text NOT NULL,
    rank smallint NOT NULL, -- how far along; 0: no status
    PRIMARY KEY (endpoint_id, key_hash)
);
CREATE INDEX transitions_subject ON transitions (endpoint_id, subject);
ALTER TABLE transitions ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON transitions TO posthorn_tenant USING (tenant_id = current_setting('posthorn.tenant')::uuid);
GRANT SELECT ON transitions TO posthorn_tenant;

-- Why a provider's callback was refused.
ALTER TABLE refusals ADD COLUMN explanation bytea; -- JSON; null for others

-- +goose Down
ALTER TABLE refusals DROP COLUMN explanation;
DROP TABLE transitions;
ALTER TABLE endpoints DROP COLUMN public_url, DROP COLUMN provider;
