-- +goose Up

-- The management API works as this role, which sees one tenant's rows only:
-- a query that forgot its tenant finds nothing. Ingest and worker, whose
-- transactions tenants share, work as the tables' owner and are not bound.

-- +goose StatementBegin
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'posthorn_tenant') THEN
        CREATE ROLE posthorn_tenant NOLOGIN;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL; -- another database's migration was first
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
DO $$
DECLARE name text;
BEGIN
    -- A superuser may take any role; another owner must be given it, by
    -- itself or, where it may not, by an administrator beforehand.
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        BEGIN
            EXECUTE format('GRANT posthorn_tenant TO %I', current_user);
        EXCEPTION
            WHEN insufficient_privilege THEN NULL;
        END;
        SET LOCAL ROLE posthorn_tenant;
        RESET ROLE;
    END IF;
    FOREACH name IN ARRAY ARRAY['api_keys', 'endpoints', 'messages', 'message_bodies', 'attachments',
        'events', 'event_ids', 'webhooks', 'deliveries', 'attempts']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant ON %I TO posthorn_tenant
            USING (tenant_id = current_setting(''posthorn.tenant'')::uuid)', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO posthorn_tenant', name);
    END LOOP;
END $$;
-- +goose StatementEnd
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON tenants TO posthorn_tenant USING (id = current_setting('posthorn.tenant')::uuid);
GRANT SELECT, UPDATE ON tenants TO posthorn_tenant;
GRANT INSERT ON outbox TO posthorn_tenant;

-- +goose Down
-- +goose StatementBegin
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['tenants', 'api_keys', 'endpoints', 'messages', 'message_bodies', 'attachments',
        'events', 'event_ids', 'webhooks', 'deliveries', 'attempts', 'outbox']
    LOOP
        EXECUTE format('REVOKE ALL ON %I FROM posthorn_tenant', name);
        IF name <> 'outbox' THEN
            EXECUTE format('DROP POLICY tenant ON %I', name);
            EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', name);
        END IF;
    END LOOP;
END $$;
-- +goose StatementEnd
