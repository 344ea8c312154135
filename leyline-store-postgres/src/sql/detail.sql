-- The cold half of each row, fetched by its key: OFFSET 0 keeps the planner from a join over the whole table.
CROSS JOIN LATERAL (
    SELECT *
    FROM leyline.detail
    WHERE detail.id = task.id
    OFFSET 0
) AS detail
