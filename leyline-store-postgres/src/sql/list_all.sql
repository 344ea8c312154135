-- A page of all tasks.
SELECT
{row}
FROM (
    SELECT *
    FROM leyline.task
    WHERE task.id <= $1
    ORDER BY task.id DESC
    LIMIT $2
) AS task
{detail}
ORDER BY task.id DESC
