SELECT
{row}
FROM leyline.task
JOIN leyline.detail ON detail.id = task.id
WHERE task.id = $1
