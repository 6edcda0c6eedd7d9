-- +goose Up

-- What people look for among millions that were delivered. What goes well never
-- enters it.
CREATE INDEX deliveries_unhappy ON deliveries (tenant_id, status, id) WHERE status IN ('failed', 'held', 'cancelled');

-- +goose Down
DROP INDEX deliveries_unhappy;
