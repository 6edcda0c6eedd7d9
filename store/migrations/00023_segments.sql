-- +goose Up

ALTER TABLE endpoints ADD COLUMN archive_segments boolean NOT NULL DEFAULT false;

-- An object that holds several messages of an endpoint. Who lies in it, and in
-- which order, is settled before it is put and never changes, so that whoever
-- puts it puts the same. Where it lies is set before any of its messages is
-- marked as archived: until then all their bodies are there.
CREATE TABLE segments (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    messages uuid[] NOT NULL, -- in the order of their numbers
    version_id text, -- null until it is put
    lengths bigint[] NOT NULL DEFAULT '{}', -- of the messages' records in the object, in bytes
    retain_until timestamptz
);
ALTER TABLE segments ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON segments TO posthorn_tenant USING (tenant_id = current_setting('posthorn.tenant')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON segments TO posthorn_tenant;

-- Set with the number; a message that has a number and none of this lies in an
-- object of its own.
ALTER TABLE messages ADD COLUMN segment_id uuid;

-- +goose Down
ALTER TABLE messages DROP COLUMN segment_id;
DROP TABLE segments;
ALTER TABLE endpoints DROP COLUMN archive_segments;
