-- Hands out the best due tasks of one kind: priority by priority until the limit is reached, without a look first. `claim.sql` says
-- why values are hidden and a limit is fixed.
-- $1 worker, $2 kinds, $3 their slots, $4 limit, $5 suspects, $6 the rescues of a suspect
WITH {patience},
me AS MATERIALIZED (
    SELECT worker.id
    FROM patience
    CROSS JOIN leyline.worker
    WHERE worker.id = $1
    FOR KEY SHARE OF worker
),
suspect AS MATERIALIZED (
    SELECT task.id
    FROM leyline.task
    WHERE task.status = 0
        AND task.rescues > 0
        AND task.kind = (SELECT ($2::text[])[1])
        AND task.rescues = (SELECT $6::integer)
        AND task.run_at <= leyline.now()
    ORDER BY task.priority DESC, task.run_at, task.id
    LIMIT (SELECT $5::bigint)
),
due AS MATERIALIZED (
    SELECT next.*
    FROM generate_series(9, 0, -1) AS level (priority)
    CROSS JOIN LATERAL (
        SELECT task.ctid, task.id, task.tick, task.fraction, task.done, task.total, task.unit, task.phase, task.message
        FROM leyline.task
        WHERE task.status = 0
            AND task.kind = (SELECT ($2::text[])[1])
            AND task.priority = level.priority::smallint
            AND task.run_at <= leyline.now()
            AND (task.rescues = 0 OR task.rescues <> $6 OR task.id = ANY (ARRAY(SELECT id FROM suspect)))
        ORDER BY task.run_at, task.id
        LIMIT 500
        FOR UPDATE SKIP LOCKED
    ) AS next
    WHERE EXISTS (SELECT 1 FROM me)
    LIMIT (SELECT least($4::bigint, ($3::integer[])[1]))
),
chosen AS (
    SELECT id
    FROM due
),
{claim_take}
