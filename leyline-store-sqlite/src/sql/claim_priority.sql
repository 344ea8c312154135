-- The next priority, from ?2 down, at which tasks of the kind wait, due or not: one step in the index.
SELECT priority
FROM task INDEXED BY task_ready
WHERE status = 0
    AND kind = ?1
    AND priority <= ?2
ORDER BY priority DESC
LIMIT 1
