-- +goose Up

-- Why a message is not archived yet: what its last try came to. Rows of
-- messages that are archived by now, or gone, mean nothing, and are pruned.
CREATE TABLE archive_faults (
    message_id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    error text NOT NULL,
    tries integer NOT NULL DEFAULT 1, -- that were recorded
    first_at timestamptz NOT NULL DEFAULT now(),
    last_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX archive_faults_tenant ON archive_faults (tenant_id);
ALTER TABLE archive_faults ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON archive_faults TO posthorn_tenant USING (tenant_id = current_setting('posthorn.tenant')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON archive_faults TO posthorn_tenant;

-- +goose Down
DROP TABLE archive_faults;
