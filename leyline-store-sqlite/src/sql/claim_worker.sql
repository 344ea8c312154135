-- A worker without a row gets nothing.
SELECT 1
FROM worker
WHERE id = ?1
