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

-- A request that brought many messages. It is put into WORM storage, as a record
-- that the records of its messages refer to, before the first of them is.
CREATE TABLE batches (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    request bytea NOT NULL, -- as in message_bodies
    sha256 bytea NOT NULL, -- of the body
    raw bytea, -- the body as received; null once it is put
    version_id text, -- null until it is put
    request_sha256 text, -- of the request as it is recorded
    retain_until timestamptz
);
ALTER TABLE batches ALTER COLUMN raw SET STORAGE EXTERNAL;
CREATE INDEX batches_open ON batches (id) WHERE version_id IS NULL;
ALTER TABLE batches ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON batches TO posthorn_tenant USING (tenant_id = current_setting('posthorn.tenant')::uuid);
GRANT SELECT, INSERT, UPDATE, DELETE ON batches TO posthorn_tenant;

-- Of a message of a batch: where its bytes begin in the batch's decoded body.
ALTER TABLE messages ADD COLUMN batch_id uuid, ADD COLUMN batch_offset integer;

-- +goose Down
ALTER TABLE messages DROP COLUMN batch_offset, DROP COLUMN batch_id;
DROP TABLE batches;
ALTER TABLE messages DROP COLUMN segment_id;
DROP TABLE segments;
ALTER TABLE endpoints DROP COLUMN archive_segments;
