SELECT *
FROM task_row
WHERE id = ?1
