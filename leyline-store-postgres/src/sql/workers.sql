-- Each worker with the first $1 of its tasks, a row for each of them: all of one moment.
SELECT
    worker.id,
    worker.counter,
    worker.period,
    worker.started_at,
    worker.beat_at,
    (
        SELECT count(*)
        FROM leyline.task
        WHERE task.status = 1
            AND task.worker = worker.id
    ),
    running.id,
    running.kind,
    running.updated_at
FROM leyline.worker
LEFT JOIN LATERAL (
    SELECT task.id, task.kind, task.updated_at
    FROM leyline.task
    WHERE task.status = 1
        AND task.worker = worker.id
    ORDER BY task.id
    LIMIT $1
) AS running ON TRUE
ORDER BY worker.id, running.id
