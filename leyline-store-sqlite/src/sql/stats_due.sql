SELECT min(run_at)
FROM task INDEXED BY task_ready
WHERE status = 0
    AND kind = ?1
    AND priority = ?2
    AND run_at <= ?3
