-- +goose Up

-- Work over a webhook that outlives a request: resuming what was held,
-- recovering what was missed, notifying people. Each is carried by a workflow.
CREATE TABLE operations (
    id uuid PRIMARY KEY, -- carries the time
    tenant_id uuid NOT NULL,
    webhook_id uuid NOT NULL,
    kind text NOT NULL, -- resume, recover or notify
    generation integer NOT NULL, -- of the webhook when it was made
    status text NOT NULL DEFAULT 'running', -- then done, stopped or failed
    detail text NOT NULL DEFAULT '', -- why it ended so
    run integer NOT NULL DEFAULT 0,
    due_at timestamptz DEFAULT now(), -- null once it has ended
    total integer NOT NULL,
    done integer NOT NULL DEFAULT 0,
    position uuid, -- the last event that a recovery has looked at
    input bytea NOT NULL, -- JSON
    updated_at timestamptz NOT NULL DEFAULT now()
);
-- Enabling resumes once; of each generation people are told once.
CREATE UNIQUE INDEX operations_once ON operations (webhook_id, kind, generation) WHERE kind <> 'recover';
CREATE INDEX operations_tenant ON operations (tenant_id, id);
CREATE INDEX operations_due ON operations (due_at) WHERE due_at IS NOT NULL;

-- When a webhook was disabled: what was published meanwhile made no delivery.
CREATE TABLE webhook_pauses (
    webhook_id uuid NOT NULL,
    generation integer NOT NULL, -- that began with it
    tenant_id uuid NOT NULL,
    began timestamptz NOT NULL DEFAULT now(),
    ended timestamptz,
    PRIMARY KEY (webhook_id, generation)
);
INSERT INTO webhook_pauses (webhook_id, generation, tenant_id, began)
SELECT id, generation, tenant_id, updated_at FROM webhooks WHERE NOT active AND deleted_at IS NULL;

-- +goose StatementBegin
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['operations', 'webhook_pauses'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('CREATE POLICY tenant ON %I TO posthorn_tenant
            USING (tenant_id = current_setting(''posthorn.tenant'')::uuid)', name);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON %I TO posthorn_tenant', name);
    END LOOP;
END $$;
-- +goose StatementEnd

-- A sample that somebody sent to try a webhook; no webhook subscribes to it.
ALTER TABLE events ADD COLUMN test boolean NOT NULL DEFAULT false;

-- Attempts that were made before the schedule began anew.
ALTER TABLE deliveries ADD COLUMN attempts_before integer NOT NULL DEFAULT 0;

-- What is held is resumed in order, page by page.
DROP INDEX deliveries_open;
CREATE INDEX deliveries_open ON deliveries (webhook_id, status, id) WHERE status IN ('pending', 'held');
-- What of a webhook is under way now, apart from what waits for its next attempt.
CREATE INDEX deliveries_webhook_due ON deliveries (webhook_id, due_at) WHERE due_at IS NOT NULL;

-- +goose Down
DROP INDEX deliveries_webhook_due;
DROP INDEX deliveries_open;
CREATE INDEX deliveries_open ON deliveries (webhook_id) WHERE status IN ('pending', 'held');
ALTER TABLE deliveries DROP COLUMN attempts_before;
ALTER TABLE events DROP COLUMN test;
DROP TABLE webhook_pauses, operations;
