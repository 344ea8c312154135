SELECT seq, revision, status, tick
FROM task
WHERE id = ?1
