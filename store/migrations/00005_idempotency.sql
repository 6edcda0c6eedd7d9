-- +goose Up

-- Answers to requests that carried an Idempotency-Key, for those that come again.
CREATE TABLE idempotent_requests (
    tenant_id uuid NOT NULL, -- all zeros: of the root key
    key_hash bytea NOT NULL, -- SHA-256 of the Idempotency-Key
    request text NOT NULL, -- keyed fingerprint: a body may hold a weak secret
    status integer NOT NULL,
    answer bytea NOT NULL, -- encrypted, bound to the row; without secrets
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, key_hash)
);
CREATE INDEX idempotent_requests_created ON idempotent_requests (created_at);
ALTER TABLE idempotent_requests ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON idempotent_requests TO posthorn_tenant
    USING (tenant_id = current_setting('posthorn.tenant')::uuid);
GRANT SELECT ON idempotent_requests TO posthorn_tenant;

-- +goose Down
DROP TABLE idempotent_requests;
