WITH {patience},
task AS (
    DELETE FROM leyline.task
    WHERE task.id = $1
        AND task.status >= 2
        AND ($2::bigint IS NULL OR task.revision = $2)
        AND EXISTS (SELECT FROM patience)
    RETURNING task.*
),
detail AS (
    DELETE FROM leyline.detail
    WHERE detail.id = (SELECT id FROM task)
    RETURNING detail.*
)
SELECT
{row}
FROM task
JOIN detail ON detail.id = task.id
