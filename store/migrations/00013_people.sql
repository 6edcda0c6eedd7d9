-- +goose Up

-- People who sign in to the dashboard, each to one tenant.
CREATE TABLE users (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    email text NOT NULL UNIQUE, -- in lower case
    name text NOT NULL,
    role text NOT NULL,
    password text NOT NULL, -- argon2id, in the PHC's form
    created_at timestamptz NOT NULL DEFAULT now(),
    signed_in_at timestamptz
);
CREATE INDEX users_tenant ON users (tenant_id, id);

-- Who may become one, by a link that was given to them.
CREATE TABLE invitations (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    email text NOT NULL,
    role text NOT NULL,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX invitations_tenant ON invitations (tenant_id, id);

-- A token is random, 256 bits: a plain SHA-256 of it is enough.
CREATE TABLE sessions (
    hash bytea PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    user_id uuid REFERENCES users ON DELETE CASCADE, -- null: of a portal link
    role text NOT NULL, -- of a portal link's; a user's is the user's own
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expires ON sessions (expires_at);

-- Guesses at passwords, by account and by address, within a window.
CREATE TABLE sign_in_guesses (
    subject text PRIMARY KEY, -- account:<fingerprint> or address:<network>
    count integer NOT NULL,
    began timestamptz NOT NULL DEFAULT now()
);

-- +goose StatementBegin
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['users', 'invitations', 'sessions'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant ON %I TO posthorn_tenant
            USING (tenant_id = current_setting(''posthorn.tenant'')::uuid)', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO posthorn_tenant', name);
    END LOOP;
END $$;
-- +goose StatementEnd

-- +goose Down
DROP TABLE sign_in_guesses, sessions, invitations, users;
