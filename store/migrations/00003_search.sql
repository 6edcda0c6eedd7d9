-- +goose Up

-- What messages are found by. Filled aside from the ingest, whose table keeps
-- few indexes: an index of terms would take a fifth to a half of its speed.
CREATE TABLE message_search (
    message_id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    terms tsvector NOT NULL
) PARTITION BY RANGE (message_id); -- by month, as messages
CREATE INDEX message_search_tenant ON message_search (tenant_id, message_id);
-- Entries that wait to be merged are read one by one at every search: few may.
CREATE INDEX message_search_terms ON message_search USING gin (terms) WITH (gin_pending_list_limit = 512);
ALTER TABLE message_search ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON message_search TO posthorn_tenant
    USING (tenant_id = current_setting('posthorn.tenant')::uuid);
GRANT SELECT ON message_search TO posthorn_tenant;

-- Messages that are not in it yet.
CREATE TABLE search_queue (
    message_id uuid PRIMARY KEY
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000);

-- +goose Down
DROP TABLE search_queue, message_search;
