-- +goose Up

-- What chooses and shapes a webhook's events, beside their types.
ALTER TABLE webhooks
    ADD COLUMN survey_id text NOT NULL DEFAULT '',
    ADD COLUMN filter text NOT NULL DEFAULT '', -- CEL
    ADD COLUMN transform text NOT NULL DEFAULT '', -- CEL
    ADD COLUMN ordered_by text NOT NULL DEFAULT '', -- CEL
    ADD COLUMN ordered_on_failure text NOT NULL DEFAULT '', -- hold or skip, where ordered_by is given
    ADD COLUMN filter_error text NOT NULL DEFAULT '', -- of the last event whose match could not be decided
    ADD COLUMN filter_error_event uuid,
    ADD COLUMN filter_error_at timestamptz;
CREATE INDEX webhooks_survey ON webhooks (tenant_id, survey_id) WHERE survey_id <> '' AND deleted_at IS NULL;

-- The transform as it stood when the delivery was recorded: every attempt sends
-- the same bytes.
ALTER TABLE deliveries ADD COLUMN transform text NOT NULL DEFAULT '';

-- A tenant's own types of events, and what it says of those that are built in.
CREATE TABLE event_types (
    tenant_id uuid NOT NULL REFERENCES tenants,
    type text NOT NULL,
    description text NOT NULL,
    schema bytea, -- JSON Schema, as it was given
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, type)
);
ALTER TABLE event_types ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON event_types TO posthorn_tenant
    USING (tenant_id = current_setting('posthorn.tenant')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON event_types TO posthorn_tenant;

-- +goose Down
DROP TABLE event_types;
ALTER TABLE deliveries DROP COLUMN transform;
DROP INDEX webhooks_survey;
ALTER TABLE webhooks DROP COLUMN survey_id, DROP COLUMN filter, DROP COLUMN transform, DROP COLUMN ordered_by,
    DROP COLUMN ordered_on_failure, DROP COLUMN filter_error, DROP COLUMN filter_error_event, DROP COLUMN filter_error_at;
