UPDATE task
SET status = 4,
    revision = revision + 1,
    worker = NULL,
    finished_at = ?2,
    updated_at = ?2
WHERE seq = ?1
    AND status IN (0, 1)
