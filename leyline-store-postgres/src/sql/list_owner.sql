-- A page of one owner's tasks.
SELECT
{row}
FROM (
    SELECT *
    FROM leyline.detail
    WHERE detail.owner = $3
        AND detail.id <= $1
    ORDER BY detail.id DESC
    LIMIT $2
) AS detail
{task}
ORDER BY task.id DESC
