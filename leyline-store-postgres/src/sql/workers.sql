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
    )
FROM leyline.worker
ORDER BY worker.id
