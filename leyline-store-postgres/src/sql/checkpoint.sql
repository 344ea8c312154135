-- The fence (invariant 3) is held until the commit: nobody ends the claim in between.
WITH held AS MATERIALIZED (
    SELECT id
    FROM leyline.task
    WHERE id = $1 AND revision = $2 AND worker = $3
    FOR NO KEY UPDATE
)
UPDATE leyline.detail
SET checkpoint = $4
WHERE detail.id = (SELECT id FROM held)
RETURNING detail.id
