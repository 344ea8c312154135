-- The fence (invariant 3) is held until the commit: nobody ends the claim in between.
WITH {patience},
held AS MATERIALIZED (
    SELECT task.id
    FROM patience
    CROSS JOIN leyline.task
    WHERE task.id = $1 AND task.revision = $2 AND task.worker = $3
    FOR NO KEY UPDATE OF task
)
UPDATE leyline.detail
SET checkpoint = $4
WHERE detail.id = (SELECT id FROM held)
RETURNING detail.id
