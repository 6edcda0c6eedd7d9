-- +goose Up

CREATE TABLE tenants (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    notify_emails text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now()
);

-- An API key is random, 256 bits: a plain SHA-256 of it is enough.
CREATE TABLE api_keys (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    name text NOT NULL,
    role text NOT NULL,
    prefix text NOT NULL,
    hash bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX api_keys_tenant ON api_keys (tenant_id, id);

CREATE TABLE endpoints (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    name text NOT NULL,
    token text NOT NULL UNIQUE,
    auth text NOT NULL,
    signature jsonb NOT NULL,
    secrets bytea NOT NULL, -- encrypted, bound to the row
    enabled boolean NOT NULL,
    rate_limit integer NOT NULL,
    burst integer NOT NULL,
    dedup_window bigint NOT NULL, -- seconds
    allowlist text[] NOT NULL,
    retention bigint NOT NULL, -- seconds
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz
);
CREATE INDEX endpoints_tenant ON endpoints (tenant_id, id);

-- The number that the next sealed message of an endpoint gets. It stands apart
-- so that numbering does not rewrite the endpoint's row.
CREATE TABLE endpoint_numbers (
    endpoint_id uuid PRIMARY KEY,
    next bigint NOT NULL
);

-- How much of an endpoint's rate is used, for all API replicas.
CREATE TABLE endpoint_rates (
    endpoint_id uuid PRIMARY KEY,
    full_at double precision NOT NULL, -- when its bucket is full again, Unix seconds
    granted integer NOT NULL -- to the last claim
) WITH (fillfactor = 50);

-- Messages, events and attempts are partitioned by month. An id carries its
-- time, so that it tells the partition, and stays unique as the primary key.

-- The time of receipt is the one that the UUIDv7 carries.
CREATE TABLE messages (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    endpoint_id uuid NOT NULL,
    number bigint,
    external_id text NOT NULL,
    occurred_at timestamptz NOT NULL,
    size integer NOT NULL, -- of the body, bytes
    sha256 bytea NOT NULL, -- of the body
    status text NOT NULL DEFAULT 'accepted',
    conflicting boolean NOT NULL DEFAULT false,
    run integer NOT NULL DEFAULT 0,
    due_at timestamptz DEFAULT now(), -- null once archived
    payload bytea, -- what was made of the body, JSON, once archived
    object_key text,
    version_id text,
    record_offset bigint,
    record_length bigint,
    retain_until timestamptz,
    archived_at timestamptz
) PARTITION BY RANGE (id);
CREATE INDEX messages_tenant ON messages (tenant_id, id);
CREATE INDEX messages_due ON messages (due_at) WHERE due_at IS NOT NULL;

-- The request as received, until it is archived. Bytes, never jsonb: there is
-- well-formed JSON that jsonb refuses.
CREATE TABLE message_bodies (
    message_id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    request bytea NOT NULL, -- JSON: request line, headers, verdict
    raw bytea NOT NULL
);
ALTER TABLE message_bodies ALTER COLUMN raw SET STORAGE EXTERNAL;

CREATE TABLE message_dedup (
    endpoint_id uuid NOT NULL,
    key_hash bytea NOT NULL,
    message_id uuid NOT NULL,
    sha256 bytea NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (endpoint_id, key_hash)
);

CREATE TABLE attachments (
    message_id uuid NOT NULL,
    n integer NOT NULL,
    tenant_id uuid NOT NULL,
    filename text NOT NULL,
    content_type text NOT NULL,
    url text NOT NULL,
    size bigint NOT NULL,
    sha256 text NOT NULL,
    object_key text NOT NULL,
    version_id text NOT NULL,
    failed text NOT NULL,
    PRIMARY KEY (message_id, n)
);

CREATE TABLE events (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    public_id text NOT NULL, -- the publisher's own id, or ''
    type text NOT NULL,
    data bytea NOT NULL, -- JSON
    occurred_at timestamptz NOT NULL,
    message_id uuid,
    endpoint_id uuid
) PARTITION BY RANGE (id);
CREATE INDEX events_tenant ON events (tenant_id, id);

CREATE TABLE event_ids (
    tenant_id uuid NOT NULL,
    public_id text NOT NULL,
    event_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, public_id)
);

CREATE TABLE webhooks (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants,
    name text NOT NULL,
    url text NOT NULL,
    events text[] NOT NULL,
    secrets bytea NOT NULL, -- encrypted, bound to the row
    headers bytea NOT NULL, -- encrypted likewise: they may carry credentials
    active boolean NOT NULL,
    format text NOT NULL,
    retry_policy integer[] NOT NULL, -- seconds
    disable_after integer NOT NULL,
    timeout integer NOT NULL, -- milliseconds
    consecutive_failures integer NOT NULL DEFAULT 0,
    generation integer NOT NULL DEFAULT 0,
    disabled_reason text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz
);
CREATE INDEX webhooks_tenant ON webhooks (tenant_id, id);

CREATE TABLE deliveries (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL,
    event_id uuid NOT NULL,
    webhook_id uuid NOT NULL,
    status text NOT NULL DEFAULT 'pending',
    test boolean NOT NULL DEFAULT false,
    format text NOT NULL,
    run integer NOT NULL DEFAULT 0,
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    due_at timestamptz DEFAULT now(), -- null once nothing is to be done
    updated_at timestamptz NOT NULL DEFAULT now()
);
-- Looked up by event, and never two of one event to one webhook.
CREATE UNIQUE INDEX deliveries_event ON deliveries (event_id, webhook_id) WHERE NOT test;
CREATE INDEX deliveries_webhook ON deliveries (webhook_id, id);
CREATE INDEX deliveries_tenant ON deliveries (tenant_id, id);
-- What disabling holds, enabling resumes and deleting cancels, however long the
-- webhook's past.
CREATE INDEX deliveries_open ON deliveries (webhook_id) WHERE status IN ('pending', 'held');
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE attempts (
    delivery_id uuid NOT NULL,
    number integer NOT NULL,
    tenant_id uuid NOT NULL,
    started_at timestamptz NOT NULL,
    duration_ms integer NOT NULL,
    status_code integer NOT NULL,
    error text NOT NULL,
    error_detail text NOT NULL,
    response_header bytea NOT NULL, -- JSON
    response_body bytea NOT NULL,
    PRIMARY KEY (delivery_id, number)
) PARTITION BY RANGE (delivery_id);

-- What is to be started. A row is deleted once it is: claims write nothing.
CREATE TABLE outbox (
    shard smallint NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL, -- message or delivery
    ref uuid NOT NULL,
    run integer NOT NULL,
    PRIMARY KEY (shard, id)
);
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 100000);

-- +goose Down
DROP TABLE outbox, attempts, deliveries, webhooks, event_ids, events, attachments, message_dedup,
    message_bodies, messages, endpoint_rates, endpoint_numbers, endpoints, api_keys, tenants;
