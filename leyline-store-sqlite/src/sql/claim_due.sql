-- Due tasks of one kind and priority, in the order of claims. Read row by row, and only as far as there is room.
SELECT seq, run_at, id, rescues
FROM task INDEXED BY task_ready
WHERE status = 0
    AND kind = ?1
    AND priority = ?2
    AND run_at <= ?3
ORDER BY run_at, id
