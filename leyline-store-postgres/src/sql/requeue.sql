WITH {patience},
requeued AS (
    UPDATE leyline.task
    SET status = 0,
        revision = task.revision + 1,
        attempt = 0,
        rescues = 0,
        run_at = leyline.now(),
        tick = 0,
        fraction = NULL,
        done = NULL,
        total = NULL,
        unit = NULL,
        phase = NULL,
        message = NULL,
        output = NULL,
        failure = NULL,
        started_at = NULL,
        finished_at = NULL,
        updated_at = leyline.now()
    WHERE task.id = $1
        AND task.status IN (3, 4)
        AND ($2::bigint IS NULL OR task.revision = $2)
        AND EXISTS (SELECT FROM patience)
    RETURNING task.*
),
detail AS (
    UPDATE leyline.detail
    SET checkpoint = NULL
    WHERE detail.id = (SELECT id FROM requeued)
    RETURNING detail.*
)
SELECT
{row}
FROM requeued AS task
JOIN detail ON detail.id = task.id
