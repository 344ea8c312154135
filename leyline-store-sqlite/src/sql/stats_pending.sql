SELECT kind, priority, count(*)
FROM task INDEXED BY task_ready
WHERE status = 0
GROUP BY kind, priority
