-- One row in each table for each given task whose id and key are free. $12 bounds the wait for a stranger's open transaction;
-- NULL leaves that to the session.
WITH bound AS MATERIALIZED (
    SELECT set_config('lock_timeout', coalesce($12, current_setting('lock_timeout')), TRUE)
),
given AS (
    SELECT *
    FROM unnest(
        $1::uuid[], $2::text[], $3::text[], $4::integer[], $5::smallint[], $6::interval[], $7::text[], $8::text[], $9::text[],
        $10::bytea[], $11::text[]
    ) AS given (
        id, kind, owner, max_attempts, priority, delay, params, input, idempotency_key, request_digest, trace_context
    )
),
fresh AS (
    INSERT INTO leyline.detail (
        id, kind, owner, params, input, idempotency_key, request_digest, trace_context, created_at
    )
    SELECT
        given.id, given.kind, given.owner, given.params, given.input, given.idempotency_key, given.request_digest,
        given.trace_context, leyline.now()
    FROM bound
    CROSS JOIN given
    ORDER BY given.id
    ON CONFLICT DO NOTHING
    RETURNING id
)
INSERT INTO leyline.task (
    id, kind, status, priority, attempt, max_attempts, rescues, revision, run_at, updated_at, tick
)
SELECT
    given.id, given.kind, 0, given.priority, 0, given.max_attempts, 0, 1,
    least(leyline.now() + given.delay, TIMESTAMPTZ '9999-12-30 22:00:00+00'), leyline.now(), 0
FROM fresh
JOIN given ON given.id = fresh.id
RETURNING id, updated_at
