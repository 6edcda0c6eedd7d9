-- +goose Up

-- The run that archived it together with others; null where a workflow of its own did.
ALTER TABLE messages ADD COLUMN dispatch uuid;

-- +goose Down
ALTER TABLE messages DROP COLUMN dispatch;
