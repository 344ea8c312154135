UPDATE detail
SET checkpoint = NULL
WHERE seq = ?1
