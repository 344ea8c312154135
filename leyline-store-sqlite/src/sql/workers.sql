SELECT
    worker.id,
    worker.counter,
    worker.period,
    worker.started_at,
    worker.beat_at,
    (
        SELECT count(*)
        FROM task INDEXED BY task_held
        WHERE task.status = 1
            AND task.worker = worker.id
    )
FROM worker
ORDER BY worker.id
