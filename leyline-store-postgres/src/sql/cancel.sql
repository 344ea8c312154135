WITH {patience},
cancelled AS (
    UPDATE leyline.task
    SET status = 4,
        revision = task.revision + 1,
        worker = NULL,
        finished_at = leyline.now(),
        updated_at = leyline.now()
    WHERE task.id = $1
        AND task.status IN (0, 1)
        AND ($2::bigint IS NULL OR task.revision = $2)
        AND EXISTS (SELECT FROM patience)
    RETURNING task.*
)
SELECT
{row}
FROM cancelled AS task
{detail}
