UPDATE task
SET status = 0,
    revision = revision + 1,
    attempt = 0,
    rescues = 0,
    run_at = ?2,
    tick = 0,
    fraction = NULL,
    done = NULL,
    total = NULL,
    unit = NULL,
    phase = NULL,
    message = NULL,
    output = NULL,
    failure = NULL,
    started_at = NULL,
    finished_at = NULL,
    updated_at = ?2
WHERE seq = ?1
    AND status IN (3, 4)
