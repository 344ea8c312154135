-- Rows that differ from what is known, and ids that are not there, in the order of the question.
SELECT
    seen.id,
{row}
FROM unnest($1::uuid[], $2::bigint[], $3::smallint[], $4::bigint[]) WITH ORDINALITY AS seen (id, revision, status, tick, nth)
LEFT JOIN LATERAL (
    SELECT *
    FROM leyline.task
    WHERE task.id = seen.id
    OFFSET 0
) AS task ON TRUE
LEFT JOIN LATERAL (
    SELECT *
    FROM leyline.detail
    WHERE detail.id = task.id
    OFFSET 0
) AS detail ON TRUE
WHERE task.id IS NULL
    OR task.revision <> seen.revision
    OR task.status <> seen.status
    OR task.tick > seen.tick
ORDER BY seen.nth
