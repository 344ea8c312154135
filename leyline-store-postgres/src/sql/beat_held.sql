-- What is processing under the worker, by the store's account.
SELECT id, revision
FROM leyline.task
WHERE status = 1
    AND worker = $1
ORDER BY id
