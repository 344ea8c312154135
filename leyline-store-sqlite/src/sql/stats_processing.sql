SELECT kind, count(*)
FROM task INDEXED BY task_held
WHERE status = 1
GROUP BY kind
