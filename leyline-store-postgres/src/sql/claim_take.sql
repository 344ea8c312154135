claimed AS (
    UPDATE leyline.task
    SET status = 1,
        revision = task.revision + 1,
        attempt = task.attempt + 1,
        worker = $1,
        tick = 0,
        fraction = NULL,
        done = NULL,
        total = NULL,
        unit = NULL,
        phase = NULL,
        message = NULL,
        started_at = coalesce(task.started_at, leyline.now()),
        updated_at = leyline.now()
    WHERE task.ctid = ANY (ARRAY(SELECT ctid FROM due))
    RETURNING task.*
)
SELECT
    looked.number,
    due.tick,
    due.fraction,
    due.done,
    due.total,
    due.unit,
    due.phase,
    due.message,
{row}
FROM (
    SELECT count(*) AS number
    FROM chosen
) AS looked
LEFT JOIN (
    claimed AS task
    JOIN due ON due.id = task.id
{detail}
) ON TRUE
ORDER BY task.priority DESC, task.run_at, task.id
