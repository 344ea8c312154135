-- A page of the tasks of one kind.
SELECT
{row}
FROM (
    SELECT *
    FROM leyline.detail
    WHERE detail.kind = $3
        AND detail.id <= $1
    ORDER BY detail.id DESC
    LIMIT $2
) AS detail
{task}
ORDER BY task.id DESC
