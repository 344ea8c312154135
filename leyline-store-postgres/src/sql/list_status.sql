-- A page of the tasks in one status: its code stands in the text, so that the indexes of one status are found.
SELECT
{row}
FROM (
    SELECT *
    FROM leyline.task
    WHERE task.status = {status}
        AND task.id <= $1
    ORDER BY task.id DESC
    LIMIT $2
) AS task
{detail}
ORDER BY task.id DESC
