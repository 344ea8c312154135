-- Counts of one moment: a row without a kind tells the time; what waits, with the earliest that is due; what is processing;
-- and what ended within $1.
SELECT NULL AS kind, 0::smallint AS status, 0::bigint AS number, leyline.now() AS time
UNION ALL
SELECT kind, 0::smallint, count(*), min(run_at) FILTER (WHERE run_at <= leyline.now())
FROM leyline.task
WHERE status = 0
GROUP BY kind
UNION ALL
SELECT kind, 1::smallint, count(*), NULL
FROM leyline.task
WHERE status = 1
GROUP BY kind
UNION ALL
SELECT kind, status, count(*), NULL
FROM leyline.task
WHERE status >= 2
    AND finished_at >= leyline.now() - $1::interval
GROUP BY kind, status
