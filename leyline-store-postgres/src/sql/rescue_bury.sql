-- A counter that has moved is a sign of life. What is locked is waited for only as long as an ordinary transaction takes, and
-- never so long that whoever rescues, whose period is among these, gives the call up.
WITH patience (ms) AS (
    SELECT greatest(extract(epoch FROM least(min(period) / 4, INTERVAL '1 s')) * 1000, 1)::integer::text
    FROM leyline.worker
),
setting AS MATERIALIZED (
    SELECT
        set_config('lock_timeout', ms, TRUE),
        set_config('tcp_user_timeout', '10s', TRUE)
    FROM patience
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
