-- An older tick never replaces a newer one. The fence (invariant 3) stands in `held`.
WITH given AS (
    SELECT *
    FROM unnest(
        $2::uuid[], $3::bigint[], $4::bigint[], $5::double precision[], $6::bigint[], $7::bigint[], $8::text[], $9::text[],
        $10::text[]
    ) AS given (id, revision, tick, fraction, done, total, unit, phase, message)
),
held AS MATERIALIZED (
    SELECT given.*
    FROM given
    JOIN leyline.task ON task.id = given.id AND task.revision = given.revision AND task.worker = $1 AND task.tick < given.tick
    ORDER BY task.id
    FOR NO KEY UPDATE OF task
)
UPDATE leyline.task
SET tick = held.tick,
    fraction = held.fraction,
    done = held.done,
    total = held.total,
    unit = held.unit,
    phase = held.phase,
    message = held.message
FROM held
WHERE task.id = held.id
