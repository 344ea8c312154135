-- A counter that has moved is a sign of life.
DELETE FROM worker
WHERE id = ?1
    AND counter = ?2
