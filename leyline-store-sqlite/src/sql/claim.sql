UPDATE task
SET status = 1,
    revision = ?2,
    attempt = ?3,
    worker = ?4,
    tick = 0,
    fraction = NULL,
    done = NULL,
    total = NULL,
    unit = NULL,
    phase = NULL,
    message = NULL,
    started_at = ?5,
    updated_at = ?6
WHERE seq = ?1
    AND status = 0
