-- The first processing tasks, in id order, whose worker has no row. One step in the index finds the next worker that holds any.
-- $1 max_rescues, $2 limit, $3 failure, $4 its code, $5 its message
WITH RECURSIVE holder (id) AS (
    (
        SELECT worker
        FROM leyline.task
        WHERE status = 1
        ORDER BY worker
        LIMIT 1
    )
    UNION ALL
    SELECT (
        SELECT worker
        FROM leyline.task
        WHERE status = 1
            AND worker > holder.id
        ORDER BY worker
        LIMIT 1
    )
    FROM holder
    WHERE holder.id IS NOT NULL
),
orphan AS MATERIALIZED (
    SELECT task.id
    FROM leyline.task
    WHERE task.status = 1
        AND task.worker = ANY (ARRAY(
            SELECT holder.id
            FROM holder
            WHERE NOT EXISTS (SELECT 1 FROM leyline.worker WHERE worker.id = holder.id)
        ))
    ORDER BY task.id
    LIMIT $2
    FOR UPDATE{locked}
),
freed AS (
    UPDATE leyline.task
    SET status = CASE WHEN task.rescues + 1 >= $1 THEN 3 ELSE 0 END,
        revision = task.revision + 1,
        attempt = CASE WHEN task.rescues + 1 >= $1 THEN task.attempt ELSE greatest(task.attempt - 1, 0) END,
        rescues = task.rescues + 1,
        worker = NULL,
        failure = CASE WHEN task.rescues + 1 >= $1 THEN $3 END,
        finished_at = CASE WHEN task.rescues + 1 >= $1 THEN leyline.now() END,
        updated_at = leyline.now()
    WHERE task.id = ANY (ARRAY(SELECT id FROM orphan))
    RETURNING task.*
),
held AS (
    SELECT freed.id, freed.attempt AS failed_attempt, $4::text AS code, $5::text AS failure_message
    FROM freed
    WHERE freed.status = 3
),
remembered AS (
    UPDATE leyline.detail
    SET history = {history}
    FROM held
    WHERE detail.id = held.id
    RETURNING detail.id, detail.history
)
SELECT
{row}
FROM freed AS task
LEFT JOIN remembered ON remembered.id = task.id
CROSS JOIN LATERAL (
    SELECT
        detail.owner, detail.params, detail.input, detail.checkpoint, detail.idempotency_key, detail.request_digest,
        detail.trace_context, detail.created_at, coalesce(remembered.history, detail.history) AS history
    FROM leyline.detail
    WHERE detail.id = task.id
    OFFSET 0
) AS detail
ORDER BY task.id
