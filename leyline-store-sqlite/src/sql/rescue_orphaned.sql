-- Workers that hold tasks and have no row: one step in the index for each worker, not for each task.
WITH RECURSIVE holder (id) AS (
    SELECT min(worker)
    FROM task INDEXED BY task_held
    WHERE status = 1
    UNION ALL
    SELECT (
        SELECT min(worker)
        FROM task INDEXED BY task_held
        WHERE status = 1
            AND worker > holder.id
    )
    FROM holder
    WHERE holder.id IS NOT NULL
)
SELECT id
FROM holder
WHERE id IS NOT NULL
    AND id NOT IN (SELECT id FROM worker)
