INSERT INTO task (
    id, kind, owner, status, revision, attempt, max_attempts, rescues, priority, run_at, tick, idempotency_key, created_at,
    updated_at
)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
ON CONFLICT DO NOTHING
