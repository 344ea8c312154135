-- What an expert would write by hand for the same effect: one table, the fence (revision, worker) kept, outputs kept, each id and
-- each key of an owner used once, and an index of what can be claimed.
DROP SCHEMA IF EXISTS bench_raw CASCADE;
CREATE SCHEMA bench_raw;
CREATE TABLE bench_raw.job (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    owner text NOT NULL,
    status smallint NOT NULL DEFAULT 0,
    priority smallint NOT NULL,
    attempt integer NOT NULL DEFAULT 0,
    max_attempts integer NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    worker uuid,
    run_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz,
    params text NOT NULL,
    output text,
    idempotency_key text,
    request_digest bytea NOT NULL
);
CREATE UNIQUE INDEX job_key ON bench_raw.job (owner, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX job_ready ON bench_raw.job (kind, priority DESC, run_at, id) WHERE status = 0;
