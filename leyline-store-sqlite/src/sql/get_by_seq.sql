SELECT *
FROM task_row
WHERE seq = ?1
