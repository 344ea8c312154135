-- The first tasks that are processing under one worker, in id order. `updated_at` stands in their rows only, so that no
-- more of these are read than are shown.
SELECT id, kind, updated_at
FROM task INDEXED BY task_held
WHERE status = 1
    AND worker = ?1
ORDER BY id
LIMIT ?2
