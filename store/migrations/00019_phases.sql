-- +goose Up

-- Microseconds of each phase of the attempt; null where there was none.
ALTER TABLE attempts ADD COLUMN phases jsonb;

-- +goose Down
ALTER TABLE attempts DROP COLUMN phases;
