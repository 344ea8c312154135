-- The task that has the id or, if none, the key; in the order of the question.
SELECT
    given.nth,
{row}
FROM unnest($1::uuid[], $2::text[], $3::text[]) WITH ORDINALITY AS given (id, owner, idempotency_key, nth)
CROSS JOIN LATERAL (
    SELECT found.id
    FROM (
        SELECT detail.id, 0 AS preference
        FROM leyline.detail
        WHERE detail.id = given.id
        UNION ALL
        SELECT detail.id, 1
        FROM leyline.detail
        WHERE detail.owner = given.owner
            AND detail.idempotency_key = given.idempotency_key
    ) AS found
    ORDER BY found.preference
    LIMIT 1
) AS there
CROSS JOIN LATERAL (
    SELECT *
    FROM leyline.task
    WHERE task.id = there.id
    OFFSET 0
) AS task
{detail}
ORDER BY given.nth
