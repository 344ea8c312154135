-- The last line is the fence (invariant 3). Only a processing task has a worker.
UPDATE task
SET status = ?4,
    revision = revision + 1,
    attempt = ?5,
    run_at = ?6,
    worker = NULL,
    tick = ?7,
    fraction = ?8,
    done = ?9,
    total = ?10,
    unit = ?11,
    phase = ?12,
    message = ?13,
    output = ?14,
    failure = ?15,
    finished_at = ?16,
    updated_at = ?17
WHERE id = ?1 AND revision = ?2 AND worker = ?3
