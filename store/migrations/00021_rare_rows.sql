-- +goose Up

-- The rows of one endpoint, and of one type, where those are few among millions.
-- Both grow at their ends, as ids are ordered by time.
CREATE INDEX messages_endpoint ON messages (endpoint_id, id);
CREATE INDEX events_type ON events (tenant_id, type, id);

-- What a recovery attempts again. deliveries_undelivered has all that
-- deliveries_unhappy had.
CREATE INDEX deliveries_failed ON deliveries (webhook_id, event_id) WHERE status = 'failed';
DROP INDEX deliveries_unhappy;

-- +goose Down
CREATE INDEX deliveries_unhappy ON deliveries (tenant_id, status, id) WHERE status IN ('failed', 'held', 'cancelled');
DROP INDEX deliveries_failed, events_type, messages_endpoint;
