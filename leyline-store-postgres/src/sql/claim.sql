-- Hands out the best due tasks of several kinds. What would be next is read first, without locks, to divide the places among kinds
-- and priorities; then each share is taken from its end of the index, past rows that others are taking.
-- What stands in (SELECT ...) is hidden from the planner, so that one plan does for all values and is kept. The fixed limits tell it
-- how few rows are read: it takes a tenth of the table otherwise, and compiles the statement before it runs it.
-- $1 worker, $2 kinds, $3 their slots, $4 limit, $5 suspects, $6 the rescues of a suspect
WITH {patience},
me AS MATERIALIZED (
    SELECT worker.id
    FROM patience
    CROSS JOIN leyline.worker
    WHERE worker.id = $1
    FOR KEY SHARE OF worker
),
want AS MATERIALIZED (
    SELECT want.kind, want.slots
    FROM unnest((SELECT $2::text[]), (SELECT $3::integer[])) AS want (kind, slots)
    WHERE EXISTS (SELECT 1 FROM me)
),
suspect AS MATERIALIZED (
    SELECT next.id
    FROM want
    CROSS JOIN LATERAL (
        SELECT task.priority, task.run_at, task.id
        FROM leyline.task
        WHERE task.status = 0
            AND task.rescues > 0
            AND task.kind = want.kind
            AND task.rescues = (SELECT $6::integer)
            AND task.run_at <= leyline.now()
        ORDER BY task.priority DESC, task.run_at, task.id
        LIMIT (SELECT $5::bigint)
    ) AS next
    ORDER BY next.priority DESC, next.run_at, next.id
    LIMIT (SELECT $5::bigint)
),
candidate AS (
    SELECT
        want.kind,
        want.slots,
        next.priority,
        next.run_at,
        next.id,
        row_number() OVER (PARTITION BY want.kind ORDER BY next.priority DESC, next.run_at, next.id) AS nth
    FROM want
    CROSS JOIN generate_series(9, 0, -1) AS level (priority)
    CROSS JOIN LATERAL (
        SELECT few.*
        FROM (
            SELECT task.priority, task.run_at, task.id
            FROM leyline.task
            WHERE task.status = 0
                AND task.kind = want.kind
                AND task.priority = level.priority::smallint
                AND task.run_at <= leyline.now()
                AND (task.rescues = 0 OR task.rescues <> $6 OR task.id = ANY (ARRAY(SELECT id FROM suspect)))
            ORDER BY task.run_at, task.id
            LIMIT 500
        ) AS few
        LIMIT least(want.slots, $4)
    ) AS next
),
chosen AS (
    SELECT kind, priority
    FROM candidate
    WHERE nth <= slots
    ORDER BY priority DESC, run_at, id
    LIMIT (SELECT $4::bigint)
),
share AS MATERIALIZED (
    SELECT kind, priority, count(*) AS places
    FROM chosen
    GROUP BY kind, priority
),
due AS MATERIALIZED (
    SELECT next.*
    FROM share
    CROSS JOIN LATERAL (
        SELECT few.*
        FROM (
            SELECT task.ctid, task.id, task.tick, task.fraction, task.done, task.total, task.unit, task.phase, task.message
            FROM leyline.task
            WHERE task.status = 0
                AND task.kind = share.kind
                AND task.priority = share.priority
                AND task.run_at <= leyline.now()
                AND (task.rescues = 0 OR task.rescues <> $6 OR task.id = ANY (ARRAY(SELECT id FROM suspect)))
            ORDER BY task.run_at, task.id
            LIMIT 500
            FOR UPDATE SKIP LOCKED
        ) AS few
        LIMIT share.places
    ) AS next
),
{claim_take}
