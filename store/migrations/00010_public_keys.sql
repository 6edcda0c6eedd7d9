-- +goose Up

-- The public halves of webhooks' ed25519 key pairs, as they are published. The
-- private ones lie encrypted among the webhook's secrets.
CREATE TABLE public_keys (
    id text PRIMARY KEY, -- RFC 7638 thumbprint
    tenant_id uuid NOT NULL,
    webhook_id uuid NOT NULL,
    public_key bytea NOT NULL,
    expires_at timestamptz, -- null: not before it is rotated
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX public_keys_webhook ON public_keys (webhook_id);
ALTER TABLE public_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON public_keys TO posthorn_tenant
    USING (tenant_id = current_setting('posthorn.tenant')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON public_keys TO posthorn_tenant;

-- What has ended long ago is pruned.
CREATE INDEX operations_ended ON operations (updated_at) WHERE status <> 'running';

-- +goose Down
DROP INDEX operations_ended;
DROP TABLE public_keys;
