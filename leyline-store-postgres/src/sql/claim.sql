-- Hands out the best due tasks. What would be next is read first, without locks, to divide the places among kinds, priorities
-- and suspects; then each share is taken from its end of the index, past rows that others are taking.
-- $1 worker, $2 kinds, $3 their slots, $4 limit, $5 suspects, $6 the rescues of a suspect
WITH me AS MATERIALIZED (
    SELECT id
    FROM leyline.worker
    WHERE id = $1
    FOR KEY SHARE
),
lane AS (
    SELECT want.kind, want.slots, level.priority::smallint AS priority
    FROM unnest($2::text[], $3::integer[]) AS want (kind, slots)
    CROSS JOIN generate_series(0, 9) AS level (priority)
    WHERE EXISTS (SELECT 1 FROM me)
),
candidate AS (
    SELECT lane.kind, lane.slots, lane.priority, next.run_at, next.id, FALSE AS suspect
    FROM lane
    CROSS JOIN LATERAL (
        SELECT task.run_at, task.id
        FROM leyline.task
        WHERE task.status = 0
            AND task.kind = lane.kind
            AND task.priority = lane.priority
            AND task.run_at <= leyline.now()
            AND task.rescues <> $6
        ORDER BY task.run_at, task.id
        LIMIT least(lane.slots, $4)
    ) AS next
    UNION ALL
    SELECT lane.kind, lane.slots, lane.priority, next.run_at, next.id, TRUE
    FROM lane
    CROSS JOIN LATERAL (
        SELECT task.run_at, task.id
        FROM leyline.task
        WHERE task.status = 0
            AND task.rescues > 0
            AND task.kind = lane.kind
            AND task.priority = lane.priority
            AND task.run_at <= leyline.now()
            AND task.rescues = $6
        ORDER BY task.run_at, task.id
        LIMIT $5
    ) AS next
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
chosen AS (
    SELECT kind, priority, suspect
    FROM fitting
    WHERE nth <= slots
    ORDER BY priority DESC, run_at, id
    LIMIT $4
),
share AS MATERIALIZED (
    SELECT kind, priority, suspect, count(*) AS places
    FROM chosen
    GROUP BY kind, priority, suspect
),
due AS MATERIALIZED (
    SELECT next.*
    FROM share
    CROSS JOIN LATERAL (
        SELECT task.id, task.tick, task.fraction, task.done, task.total, task.unit, task.phase, task.message
        FROM leyline.task
        WHERE task.status = 0
            AND task.kind = share.kind
            AND task.priority = share.priority
            AND task.run_at <= leyline.now()
            AND task.rescues <> $6
        ORDER BY task.run_at, task.id
        LIMIT share.places
        FOR UPDATE SKIP LOCKED
    ) AS next
    WHERE NOT share.suspect
    UNION ALL
    SELECT next.*
    FROM share
    CROSS JOIN LATERAL (
        SELECT task.id, task.tick, task.fraction, task.done, task.total, task.unit, task.phase, task.message
        FROM leyline.task
        WHERE task.status = 0
            AND task.rescues > 0
            AND task.kind = share.kind
            AND task.priority = share.priority
            AND task.run_at <= leyline.now()
            AND task.rescues = $6
        ORDER BY task.run_at, task.id
        LIMIT share.places
        FOR UPDATE SKIP LOCKED
    ) AS next
    WHERE share.suspect
),
{claim_take}
