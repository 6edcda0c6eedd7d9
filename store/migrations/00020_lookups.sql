-- +goose Up

-- The events of a message, and a test's delivery by its event, among millions
-- of others. Both are written in the order of time, so they are cheap to keep.
CREATE INDEX events_message ON events (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX deliveries_test ON deliveries (event_id) WHERE test;

-- +goose Down
DROP INDEX deliveries_test, events_message;
