UPDATE task
SET status = ?2,
    revision = revision + 1,
    attempt = ?3,
    rescues = ?4,
    worker = NULL,
    failure = ?5,
    finished_at = ?6,
    updated_at = ?7
WHERE seq = ?1
    AND status = 1
