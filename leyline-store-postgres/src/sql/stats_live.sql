-- What waits, and since when the longest due one does; what is processing.
SELECT kind, 0::smallint AS status, count(*), min(run_at) FILTER (WHERE run_at <= leyline.now())
FROM leyline.task
WHERE status = 0
GROUP BY kind
UNION ALL
SELECT kind, 1::smallint, count(*), NULL
FROM leyline.task
WHERE status = 1
GROUP BY kind
