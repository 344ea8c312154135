-- The join of `held` is the fence (invariant 3). Only a processing task has a worker, so the fence says the status too.
-- Outcomes: 0 complete, 1 retry, 2 fail, 3 release, 4 snooze.
WITH {patience},
given AS (
    SELECT given.*
    FROM patience
    CROSS JOIN unnest(
        $1::uuid[], $2::bigint[], $3::uuid[], $4::smallint[], $5::interval[], $6::text[], $7::text[], $8::text[], $9::text[],
        $10::bigint[], $11::double precision[], $12::bigint[], $13::bigint[], $14::text[], $15::text[], $16::text[]
    ) AS given (
        id, revision, worker, outcome, delay, output, failure, code, failure_message, tick, fraction, done, total, unit, phase,
        message
    )
),
held AS MATERIALIZED (
    SELECT
        given.*,
        task.attempt AS failed_attempt,
        coalesce(given.tick > task.tick, FALSE) AS is_later,
        CASE
            WHEN given.outcome = 0 THEN 2
            WHEN given.outcome = 2 THEN 3
            WHEN given.outcome = 1 AND task.attempt >= task.max_attempts THEN 3
            ELSE 0
        END AS next_status
    FROM given
    JOIN leyline.task ON task.id = given.id AND task.revision = given.revision AND task.worker = given.worker
    ORDER BY task.id
    FOR UPDATE OF task
),
finished AS (
    UPDATE leyline.task
    SET status = held.next_status,
        revision = task.revision + 1,
        attempt = CASE WHEN held.outcome >= 3 THEN greatest(task.attempt - 1, 0) ELSE task.attempt END,
        run_at = CASE
            WHEN held.next_status = 0 AND held.delay IS NOT NULL
                THEN least(leyline.now() + held.delay, TIMESTAMPTZ '9999-12-30 22:00:00+00')
            ELSE task.run_at
        END,
        worker = NULL,
        tick = CASE WHEN held.is_later THEN held.tick ELSE task.tick END,
        fraction = CASE
            WHEN held.outcome = 0 THEN 1
            WHEN held.is_later THEN held.fraction
            ELSE task.fraction
        END,
        done = CASE WHEN held.is_later THEN held.done ELSE task.done END,
        total = CASE WHEN held.is_later THEN held.total ELSE task.total END,
        unit = CASE WHEN held.is_later THEN held.unit ELSE task.unit END,
        phase = CASE WHEN held.is_later THEN held.phase ELSE task.phase END,
        message = CASE WHEN held.is_later THEN held.message ELSE task.message END,
        output = held.output,
        failure = CASE WHEN held.next_status = 3 THEN held.failure END,
        finished_at = CASE WHEN held.next_status >= 2 THEN leyline.now() END,
        updated_at = leyline.now()
    FROM held
    WHERE task.id = held.id
    RETURNING task.*
),
remembered AS (
    UPDATE leyline.detail
    SET history = {history}
    FROM held
    WHERE detail.id = held.id
        AND held.code IS NOT NULL
    RETURNING detail.id, detail.history
)
SELECT
{row}
FROM finished AS task
LEFT JOIN remembered ON remembered.id = task.id
CROSS JOIN LATERAL (
    SELECT
        detail.owner, detail.params, detail.input, detail.checkpoint, detail.idempotency_key, detail.request_digest,
        detail.trace_context, detail.created_at, coalesce(remembered.history, detail.history) AS history
    FROM leyline.detail
    WHERE detail.id = task.id
    OFFSET 0
) AS detail
