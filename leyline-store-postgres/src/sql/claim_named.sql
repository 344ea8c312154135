-- Hands out the given tasks, as far as they are due, wanted and fit. `status + 0` is no condition of an index: they are found by id,
-- not by reading all that is ready.
-- $1 worker, $2 kinds, $3 their slots, $4 limit, $5 suspects, $6 the rescues of a suspect, $7 ids
WITH {patience},
me AS MATERIALIZED (
    SELECT worker.id
    FROM patience
    CROSS JOIN leyline.worker
    WHERE worker.id = $1
    FOR KEY SHARE OF worker
),
candidate AS (
    SELECT want.kind, want.slots, task.priority, task.run_at, task.id, task.rescues = $6 AS suspect
    FROM unnest($7::uuid[]) AS named (id)
    CROSS JOIN LATERAL (
        SELECT *
        FROM leyline.task
        WHERE task.id = named.id
        OFFSET 0
    ) AS task
    JOIN unnest($2::text[], $3::integer[]) AS want (kind, slots) ON want.kind = task.kind
    WHERE task.status = 0
        AND task.run_at <= leyline.now()
        AND EXISTS (SELECT 1 FROM me)
),
allowed AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY suspect ORDER BY priority DESC, run_at, id) AS nth_suspect
    FROM candidate
),
fitting AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY kind ORDER BY priority DESC, run_at, id) AS nth
    FROM allowed
    WHERE NOT suspect OR nth_suspect <= $5
),
chosen AS MATERIALIZED (
    SELECT id
    FROM fitting
    WHERE nth <= slots
    ORDER BY priority DESC, run_at, id
    LIMIT $4
),
due AS MATERIALIZED (
    SELECT task.ctid, task.id, task.tick, task.fraction, task.done, task.total, task.unit, task.phase, task.message
    FROM leyline.task
    WHERE task.id = ANY (ARRAY(SELECT id FROM chosen))
        AND task.status + 0 = 0
    ORDER BY task.id
    FOR UPDATE SKIP LOCKED
),
{claim_take}
