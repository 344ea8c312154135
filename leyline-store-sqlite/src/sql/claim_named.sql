-- One task, if it is due.
SELECT seq, run_at, id, rescues, kind, priority
FROM task
WHERE id = ?1
    AND status = 0
    AND run_at <= ?2
