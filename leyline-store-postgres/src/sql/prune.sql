-- The tasks that ended first, past rows that others are pruning.
WITH {patience},
old AS MATERIALIZED (
    SELECT task.id
    FROM leyline.task
    WHERE task.status >= 2
        AND task.finished_at <= leyline.now() - $1::interval
        AND EXISTS (SELECT FROM patience)
    ORDER BY task.finished_at, task.id
    LIMIT $2
    FOR UPDATE SKIP LOCKED
),
task AS (
    DELETE FROM leyline.task
    WHERE task.id = ANY (ARRAY(SELECT id FROM old))
    RETURNING task.*
),
detail AS (
    DELETE FROM leyline.detail
    WHERE detail.id = ANY (ARRAY(SELECT id FROM old))
    RETURNING detail.*
)
SELECT
{row}
FROM task
JOIN detail ON detail.id = task.id
ORDER BY task.finished_at, task.id
