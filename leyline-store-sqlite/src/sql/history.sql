UPDATE detail
SET history = ?2
WHERE seq = ?1
