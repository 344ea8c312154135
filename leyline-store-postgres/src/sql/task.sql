-- The hot half of each row, fetched by its key.
CROSS JOIN LATERAL (
    SELECT *
    FROM leyline.task
    WHERE task.id = detail.id
    OFFSET 0
) AS task
