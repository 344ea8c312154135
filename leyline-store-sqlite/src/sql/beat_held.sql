-- What is processing under the worker, by the store's account.
SELECT id, revision
FROM task INDEXED BY task_held
WHERE status = 1
    AND worker = ?1
ORDER BY id
