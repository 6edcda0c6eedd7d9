-- +goose Up

-- Whose row it is: the endpoint's or the webhook's. What waits is read by
-- subject, so that nobody wades through the backlog of one that is full.
ALTER TABLE outbox ADD COLUMN subject uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000';
UPDATE outbox o SET subject = m.endpoint_id FROM messages m WHERE o.kind = 'message' AND m.id = o.ref;
UPDATE outbox o SET subject = d.webhook_id FROM deliveries d WHERE o.kind = 'delivery' AND d.id = o.ref;
UPDATE outbox o SET subject = p.webhook_id FROM operations p WHERE o.kind IN ('resume', 'recover', 'notify') AND p.id = o.ref;
CREATE INDEX outbox_subject ON outbox (shard, kind, subject, id);

-- The dispatch run that made its last attempt; null where a workflow of its own did.
ALTER TABLE deliveries ADD COLUMN dispatch uuid;

-- +goose Down
ALTER TABLE deliveries DROP COLUMN dispatch;
DROP INDEX outbox_subject;
ALTER TABLE outbox DROP COLUMN subject;
