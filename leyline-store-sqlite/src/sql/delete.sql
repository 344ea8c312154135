-- Its detail follows by itself.
DELETE FROM task
WHERE seq = ?1
    AND status >= 2
