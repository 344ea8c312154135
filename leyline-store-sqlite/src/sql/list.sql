-- Filters, order and limit follow: see `list.rs`.
SELECT *
FROM task_row
WHERE id < ?
