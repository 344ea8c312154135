-- Whether a worker has a row. One without gets nothing.
SELECT 1
FROM worker
WHERE id = ?1
