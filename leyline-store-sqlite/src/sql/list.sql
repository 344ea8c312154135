-- Tasks from the newest, and whether each passes the filters. The filter that an index serves, and the order, follow: see
-- `list.rs`.
SELECT
    seq,
    id,
    (?2 IS NULL OR owner = ?2) AND (?3 IS NULL OR kind = ?3) AND (?4 IS NULL OR status = ?4)
FROM task
WHERE id < ?1
