edge AS (
    SELECT count(*) AS walked, (SELECT walk.id FROM walk ORDER BY walk.id LIMIT 1) AS id
    FROM walk
),
passing AS (
    SELECT task.*
    FROM walk
    CROSS JOIN LATERAL (
        SELECT *
        FROM leyline.task
        WHERE task.id = walk.id
        OFFSET 0
    ) AS task
    WHERE ($4::text IS NULL OR walk.kind = $4)
        AND ($5::smallint IS NULL OR task.status = $5)
    ORDER BY task.id DESC
    LIMIT $2
)
SELECT
    edge.walked,
    edge.id,
{row}
FROM edge
LEFT JOIN passing AS task ON TRUE
LEFT JOIN LATERAL (
    SELECT *
    FROM leyline.detail
    WHERE detail.id = task.id
    OFFSET 0
) AS detail ON TRUE
ORDER BY task.id DESC
