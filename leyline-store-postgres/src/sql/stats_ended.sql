SELECT kind, status, count(*)
FROM leyline.task
WHERE status >= 2
    AND finished_at >= leyline.now() - $1::interval
GROUP BY kind, status
