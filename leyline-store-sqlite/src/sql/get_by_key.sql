SELECT *
FROM task_row
WHERE owner = ?1
    AND idempotency_key = ?2
