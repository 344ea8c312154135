-- A counter that has moved is a sign of life. What is locked is waited for only as long as an ordinary transaction takes.
WITH setting AS MATERIALIZED (
    SELECT
        set_config('lock_timeout', '1s', TRUE),
        set_config('tcp_user_timeout', '10s', TRUE)
),
dead AS MATERIALIZED (
    SELECT worker.id
    FROM setting
    CROSS JOIN unnest($1::uuid[], $2::bigint[]) AS given (id, counter)
    JOIN leyline.worker ON worker.id = given.id AND worker.counter = given.counter
    ORDER BY worker.id
    FOR UPDATE OF worker{locked}
)
DELETE FROM leyline.worker
WHERE worker.id = ANY (ARRAY(SELECT id FROM dead))
