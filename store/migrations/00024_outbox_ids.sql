-- +goose Up

-- Who writes a row of the outbox has to know its id, and a tenant's role may not
-- read what it wrote there: others' rows are beside it.
GRANT USAGE ON SEQUENCE outbox_id_seq TO posthorn_tenant;

-- +goose Down
REVOKE USAGE ON SEQUENCE outbox_id_seq FROM posthorn_tenant;
