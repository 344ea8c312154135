-- The first tasks of one worker, in id order.
SELECT id, seq
FROM task INDEXED BY task_held
WHERE status = 1
    AND worker = ?1
ORDER BY id
LIMIT ?2
