-- +goose Up

-- What a refused request was, where it can be admitted once its endpoint is
-- set up for it.
ALTER TABLE refusals
    ADD COLUMN kind text NOT NULL DEFAULT '', -- why it is kept; '': nothing of it is
    ADD COLUMN size integer NOT NULL DEFAULT 0, -- of the body as received, bytes; 0 where nothing is kept
    ADD COLUMN kept bytea, -- request, verdict and body, encrypted, bound to the row; null once admitted
    ADD COLUMN readmitted_at timestamptz,
    ADD COLUMN message_id uuid; -- that it became, or that it is a duplicate of
ALTER TABLE refusals ALTER COLUMN kept SET STORAGE EXTERNAL;

-- What makes messages of another platform's JSON.
ALTER TABLE endpoints ADD COLUMN mapping bytea; -- JSON of CEL expressions; null: messages come as such

-- +goose Down
ALTER TABLE endpoints DROP COLUMN mapping;
DELETE FROM refusals WHERE kind <> '';
ALTER TABLE refusals DROP COLUMN kind, DROP COLUMN size, DROP COLUMN kept, DROP COLUMN readmitted_at, DROP COLUMN message_id;
