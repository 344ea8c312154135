WITH due AS MATERIALIZED (
    SELECT id
    FROM bench_raw.job
    WHERE status = 0
        AND kind = $2
        AND run_at <= now()
    ORDER BY priority DESC, run_at, id
    LIMIT $3
    FOR UPDATE SKIP LOCKED
)
UPDATE bench_raw.job
SET status = 1,
    revision = revision + 1,
    attempt = attempt + 1,
    worker = $1,
    started_at = now()
WHERE id = ANY (ARRAY(SELECT id FROM due))
RETURNING id, revision, params
