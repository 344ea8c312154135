SELECT kind, status, count(*)
FROM task INDEXED BY task_ended
WHERE finished_at >= ?1
GROUP BY kind, status
