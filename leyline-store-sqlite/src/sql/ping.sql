SELECT count(*)
FROM worker
