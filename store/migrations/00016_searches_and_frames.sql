-- +goose Up

-- Searches of messages that somebody keeps under a name.
CREATE TABLE saved_searches (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    name text NOT NULL,
    query text NOT NULL, -- as it is typed
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (user_id, name)
);
ALTER TABLE saved_searches ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON saved_searches TO posthorn_tenant USING (tenant_id = current_setting('posthorn.tenant')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON saved_searches TO posthorn_tenant;

-- The origins whose pages may frame those of a portal link's session.
ALTER TABLE sessions ADD frame_ancestors text[] NOT NULL DEFAULT '{}';

-- +goose Down
ALTER TABLE sessions DROP frame_ancestors;
DROP TABLE saved_searches;
